"""What columns are called in the exports of survey, review and service tools, in the languages they are written in."""

import re
import unicodedata

# A phrase matches a name that holds all its words; the earlier a phrase stands, the stronger it speaks.
TEXT = (
    "verbatim", "comment", "comments", "kommentar", "kommentare", "comentario", "comentarios", "commentaire",
    "commentaires", "commento", "commenti", "komentarz", "kommentti", "yorum", "opmerking", "toelichting", "feedback",
    "review text", "review body", "review", "reviews", "text", "texto", "texte", "testo", "message", "mensaje",
    "mensagem", "nachricht", "content", "body", "narrative", "freitext", "rueckmeldung", "bewertungstext", "resena",
    "avis", "recensione", "tweet", "utterance", "opinion", "description", "beschreibung", "descripcion", "descricao",
    "remark", "remarks", "remarque", "bemerkung", "anmerkung", "observacao", "observacoes", "suggestion", "complaint",
    "answer", "notes", "отзыв", "комментарий", "コメント", "レビュー", "内容", "评论", "의견",
)  # fmt: skip
TITLE = ("title", "subject", "headline", "summary", "titulo", "titre", "titel", "betreff", "asunto", "oggetto")
METRICS = {
    "nps": ("nps", "net promoter", "promoter", "recommend", "recommendation", "likelihood", "empfehlung",
            "weiterempfehlung", "recomendacion", "recomendaria", "recomendacao", "recommandation", "ltr"),
    "csat": ("csat", "satisfaction", "satisfied", "zufriedenheit", "satisfaccion", "satisfacao", "soddisfazione",
             "tevredenheid"),
    "ces": ("ces", "effort", "ease", "easy", "aufwand", "esfuerzo", "esforco"),
    "rating": ("rating", "ratings", "stars", "star", "review score", "sterne", "bewertung", "note", "nota",
               "calificacion", "valoracion", "puntuacion", "avaliacao", "etoiles", "valutazione", "overall", "score",
               "puntaje", "pontuacao", "punkte", "評価"),
}  # fmt: skip
TIME = (
    "occurred", "submitted", "completed", "recorded date", "end date", "creation date", "review date", "created",
    "create", "date received", "received", "erstellt", "datum", "fecha", "data", "date", "datetime", "timestamp",
    "zeitpunkt", "zeit", "time", "horodatage", "creacion", "criacao", "at", "day", "updated", "日付", "дата",
)  # fmt: skip
NOT_OCCURRED = {
    "updated", "modified", "changed", "replied", "reply", "answer", "answered", "sent", "synced", "birth", "birthday",
    "dob", "due", "expires", "expire", "deleted", "last", "estimated", "estimate", "limit", "start", "geburtsdatum",
    "resolved", "closed", "solved", "deadline", "until", "next",
}  # fmt: skip
BEGUN = {
    "purchase", "purchased", "placed", "ordered", "opened", "booked", "bestellt", "bestelldatum", "kaufdatum", "compra",
    "compras", "achat", "acquisto",
}  # fmt: skip
"""Words of dates with which something began: when an order happened is when it was placed."""
DATES_KEPT = {
    "estimated", "estimate", "expected", "promised", "promise", "planned", "scheduled", "due", "deadline", "delivery",
    "delivered", "arrival", "departure", "shipped", "shipping", "approved", "paid", "carrier", "limit", "until",
    "geplant", "zugesagt", "lieferung", "lieferdatum", "geliefert", "prevista", "previsto", "estimada", "entrega",
    "prometida", "livraison", "prevue", "consegna",
}  # fmt: skip
"""Words of dates that tell when something was promised or done: kept with the signal beside when it happened."""
OURS = {"reply", "replies", "agent", "internal", "staff", "antwort", "respuesta", "resposta", "reponse", "url", "link"}
"""Words of columns that hold what the company said, not the customer."""
RECORD = {
    "review", "tweet", "response", "respondent", "ticket", "complaint", "case", "comment", "survey", "message",
    "feedback", "record", "interaction", "submission", "answer", "row", "antwort", "bewertung", "chat", "call", "post",
    "resena", "respuesta", "resposta", "avis", "event",
}  # fmt: skip
IDENTITY = {"id", "uuid", "guid", "key", "number", "no", "nr", "nummer", "num", "ref", "reference", "token", "code"}
WHOLE_IDS = {"id", "uuid", "guid", "key", "token", "recordid", "responseid", "respondentid", "respid", "caseid",
             "reviewid", "ticketid"}  # fmt: skip
CUSTOMER = {
    "customer", "client", "user", "member", "account", "contact", "guest", "passenger", "requester", "subscriber",
    "kunde", "kunden", "kundennummer", "kundennr", "cliente", "usuario", "patient", "buyer", "customerid", "userid",
    "username", "visitor", "shopper", "policyholder",
}  # fmt: skip
SUBJECT = {
    "order", "booking", "reservation", "flight", "invoice", "shipment", "policy", "contract", "bestellung",
    "bestellnummer", "auftrag", "pedido", "commande", "ordine", "rechnung", "buchung", "orderid", "subscription",
}  # fmt: skip
CONVERSATION = {"conversation", "thread", "dialog", "dialogue"}
LANGUAGE = ("language", "lang", "locale", "sprache", "idioma", "langue", "lingua", "taal")
CHANNEL = ("channel", "via channel", "kanal", "canal", "canale", "touchpoint", "medium", "platform")
SENTIMENT = ("sentiment", "polarity", "stimmung", "sentimiento")
EVENT = ("activity", "event", "event name", "event type", "concept name", "action", "aktivitaet", "ereignis", "evento")
AMOUNT = ("amount", "revenue", "price", "total", "betrag", "umsatz", "preis", "monto", "valor", "montant", "importe")
CURRENCY = ("currency", "waehrung", "moneda", "moeda", "devise", "valuta")
CONTACT = {
    "email",
    "mail",
    "phone",
    "mobile",
    "telephone",
    "tel",
    "telefon",
    "telefono",
    "telefone",
    "handy",
    "fax",
    "cell",
}
NAMES = {"firstname", "lastname", "surname", "vorname", "nachname", "nombre", "apellido", "apellidos", "nom", "prenom",
         "nome", "cognome", "sobrenome", "username", "fullname"}  # fmt: skip
NAMED = {"user", "customer", "first", "last", "full", "author", "contact", "client", "agent", "guest", "passenger",
         "requester", "reviewer", "screen", "family", "given", "middle"}  # fmt: skip
PLACE = {"address", "street", "adresse", "strasse", "direccion", "endereco", "ip", "latitude", "longitude", "ssn",
         "iban",          "birth", "birthday", "birthdate", "dob", "geburtsdatum", "passport"}  # fmt: skip

QUANTITY = {"count", "number", "num", "no", "nr", "qty", "quantity", "anzahl", "menge", "cantidad", "days", "day",
            "hour", "hours", "week", "month", "year", "age", "nights", "items", "votes", "helpful", "size", "rank",
            "index", "class", "group", "level", "code", "installments", "duration", "minutes", "tage", "monat",
            "jahr"}  # fmt: skip
"""Words of columns that count or order, however small their numbers are."""

SENTIMENTS = {
    "negative": "negative", "neg": "negative", "negativ": "negative", "negativo": "negative", "negatif": "negative",
    "neutral": "neutral", "neu": "neutral", "neutro": "neutral", "neutre": "neutral", "mixed": "neutral",
    "positive": "positive", "pos": "positive", "positiv": "positive", "positivo": "positive", "positif": "positive",
}  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """The words of a column's name: small, without accents, camelCase taken apart."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    folded = spaced.replace("ß", "ss").replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("Ü", "Ue")
    plain = "".join(one for one in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(one))
    plain = unicodedata.normalize("NFC", plain).casefold().replace("e-mail", "email")
    return tuple(re.findall(r"[^\W_]+", plain))


def strength(name: tuple[str, ...], phrases: tuple[str, ...]) -> float:
    """How strongly a name says what the phrases say: 0 not at all, 1 and more it does, 2 and more nothing else."""
    best = 0.0
    for place, phrase in enumerate(phrases):
        parts = phrase.split()
        if set(parts) <= set(name):
            rest = len(name) - len(parts)
            best = max(best, (2.0 if rest == 0 else 1.5 if rest == 1 else 1.0) + 0.4 * (1 - place / len(phrases)))
    return best
