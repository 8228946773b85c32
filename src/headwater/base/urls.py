"""The addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from headwater.base.views import accounts, company, departments, jobs, people, records, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    path("start", company.start_company, name="start"),
    path("company", company.settings, name="company"),
    path("departments", departments.departments, name="departments"),
    path("departments/<int:department_id>", departments.department, name="department"),
    path("departments/<int:department_id>/merge", departments.merge, name="merge_department"),
    path("people", people.people, name="people"),
    path("people/add", people.add, name="add_person"),
    path("people/<int:person_id>", people.one, name="person"),
    path("people/<int:person_id>/invite", people.invite, name="invite_person"),
    path("people/<int:person_id>/close", people.close, name="close_account"),
    path("people/<int:person_id>/open", people.open_again, name="open_account"),
    path("me", people.own_settings, name="own_settings"),
    path("invitation/<int:person_id>/<str:token>", people.invitation, name="invitation"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke", tokens.revoke, name="revoke_token"),
    path("history", records.history, name="history"),
    path("jobs", jobs.jobs, name="jobs"),
    path("jobs/<int:job_id>/progress", jobs.progress, name="job_progress"),
    path("jobs/<int:job_id>/retry", jobs.retry, name="retry_job"),
    path("jobs/<int:job_id>/cancel", jobs.cancel, name="cancel_job"),
    path("outbox", records.outbox, name="outbox"),
    path("outbox/<int:mail_id>/retry", records.retry_mail, name="retry_mail"),
]
