"""What the web snippet says beside the fixed words of the answering pages, in the same languages."""

from collections.abc import Mapping
from typing import Final

from headwater.listening.surveys.answer_words import words_of

NAMES: Final = ("close", "open", "opened", "failed", "saved", "agree")
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "Close this survey",
        "Answer on a page of its own",
        "A short survey has opened. Press Escape to close it.",
        "Your answer could not be sent from here.",
        "Thank you, that is saved. There are a few more questions.",
        "Yes, I agree",
    ),
    "de": (
        "Diese Befragung schließen",
        "Auf einer eigenen Seite antworten",
        "Eine kurze Befragung ist offen. Mit Escape schließen Sie sie.",
        "Ihre Antwort konnte von hier nicht gesendet werden.",
        "Danke, das ist gespeichert. Es gibt noch ein paar Fragen.",
        "Ja, ich bin einverstanden",
    ),
    "fr": (
        "Fermer ce questionnaire",
        "Répondre sur une page à part",
        "Un court questionnaire est ouvert. Appuyez sur Échap pour le fermer.",
        "Votre réponse n’a pas pu être envoyée d’ici.",
        "Merci, c’est enregistré. Il reste quelques questions.",
        "Oui, j’accepte",
    ),
    "es": (
        "Cerrar esta encuesta",
        "Responder en una página aparte",
        "Se ha abierto una breve encuesta. Pulse Escape para cerrarla.",
        "No se pudo enviar su respuesta desde aquí.",
        "Gracias, está guardado. Quedan algunas preguntas.",
        "Sí, estoy de acuerdo",
    ),
    "it": (
        "Chiudi questo sondaggio",
        "Rispondi in una pagina a parte",
        "Si è aperto un breve sondaggio. Premi Esc per chiuderlo.",
        "Non è stato possibile inviare la risposta da qui.",
        "Grazie, è salvato. Restano alcune domande.",
        "Sì, accetto",
    ),
    "pt": (
        "Fechar este inquérito",
        "Responder numa página à parte",
        "Abriu-se um breve inquérito. Prima Escape para o fechar.",
        "Não foi possível enviar a sua resposta daqui.",
        "Obrigado, está guardado. Faltam algumas perguntas.",
        "Sim, concordo",
    ),
    "nl": (
        "Deze enquête sluiten",
        "Op een eigen pagina antwoorden",
        "Er is een korte enquête geopend. Druk op Escape om te sluiten.",
        "Uw antwoord kon van hieruit niet worden verzonden.",
        "Bedankt, dat is opgeslagen. Er zijn nog een paar vragen.",
        "Ja, ik ga akkoord",
    ),
    "pl": (
        "Zamknij tę ankietę",
        "Odpowiedz na osobnej stronie",
        "Otwarto krótką ankietę. Naciśnij Escape, aby ją zamknąć.",
        "Nie udało się stąd wysłać odpowiedzi.",
        "Dziękujemy, zapisano. Zostało jeszcze kilka pytań.",
        "Tak, zgadzam się",
    ),
    "tr": (
        "Bu anketi kapat",
        "Ayrı bir sayfada yanıtla",
        "Kısa bir anket açıldı. Kapatmak için Escape tuşuna basın.",
        "Yanıtınız buradan gönderilemedi.",
        "Teşekkürler, kaydedildi. Birkaç soru daha var.",
        "Evet, kabul ediyorum",
    ),
    "ar": (
        "إغلاق هذا الاستبيان",
        "الإجابة في صفحة مستقلة",
        "فُتح استبيان قصير. اضغط Escape لإغلاقه.",
        "تعذّر إرسال إجابتك من هنا.",
        "شكراً، تم الحفظ. بقيت بضعة أسئلة.",
        "نعم، أوافق",
    ),
    "he": (
        "סגירת הסקר",
        "מענה בדף נפרד",
        "נפתח סקר קצר. הקישו Escape כדי לסגור.",
        "לא ניתן היה לשלוח את התשובה מכאן.",
        "תודה, נשמר. נותרו עוד כמה שאלות.",
        "כן, אני מסכים",
    ),
}


def words_in(language: str) -> dict[str, str]:
    """The snippet's words in a language (BCP 47), else in English."""
    own = OWN.get(language.split("-")[0].lower(), OWN["en"])
    fixed = words_of(language)
    shared = {"send": fixed["send"], "go_on": fixed["next"], "missing": fixed["required_error"]}
    return {**shared, "thanks": fixed["thanks"], **dict(zip(NAMES, own, strict=True))}
