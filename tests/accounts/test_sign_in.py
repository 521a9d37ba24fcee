"""Signing in by name or e-mail, forgetting the password, guessing it, leaving."""

import re
import socket
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.conf import settings as configured
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.people.models import Staff
from tests.conftest import NOW, PASSWORD, TODAY

SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def clean_counters():
    cache.clear()
    yield
    cache.clear()


def sign_in(login, password=PASSWORD, client=None, **more):
    client = client or Client()
    answer = client.post(SIGN_IN, {"login": login, "password": password, **more})
    return client, answer


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "login", ["funke", "FUNKE", "Funke Ade", " funke  ade ", "funke@mikano.test", "Funke@Mikano.Test"]
)
def test_people_sign_in_by_name_or_e_mail(cast, login):
    client, answer = sign_in(login)
    assert is_in(client) and (answer.status_code, answer.url) == (302, "/")


def test_namesakes_sign_in_by_their_sign_in_names(cast):
    Staff.objects.create(username="funke2", full_name="Funke Ade", email="f2@mikano.test")
    assert not is_in(sign_in("Funke Ade")[0])
    assert is_in(sign_in("funke")[0])


def test_the_answer_doesn_t_say_whether_somebody_exists(cast):
    known, unknown = sign_in("funke", "wrong password")[1], sign_in("nobody", "wrong password")[1]
    assert known.status_code == unknown.status_code == 200
    errors = [answer.context["form"].errors.as_text() for answer in (known, unknown)]
    assert errors[0] == errors[1] != ""
    Staff.objects.filter(pk=cast.emeka.pk).update(is_active=False)
    assert sign_in("emeka", PASSWORD)[1].context["form"].errors.as_text() == errors[0]


def test_forgetting_answers_alike_for_strangers(cast, client):
    answers = [client.post("/sign-in/password/reset/", {"email": e}) for e in ("funke@mikano.test", "x@mikano.test")]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/sign-in/password/reset/sent/")}
    assert "/sign-in/password/reset/key/" in mail.outbox[0].body
    assert all("/sign-in/password/reset/key/" not in message.body for message in mail.outbox[1:])


def test_the_letter_is_the_hub_s_own(cast, client, settings):
    client.post("/sign-in/password/reset/", {"email": "funke@mikano.test"})
    [letter] = mail.outbox
    assert letter.subject == "Set a new password for CX Hub"
    assert letter.body.startswith("Good day Funke Ade,\n\nSomebody, most likely you, asked for a new password")
    assert "Your sign-in name is funke." in letter.body and letter.body.rstrip().endswith("CX Hub")
    assert "example.com" not in letter.subject + letter.body and "testserver!" not in letter.body
    assert "three days" in letter.body and timedelta(days=3).total_seconds() == settings.PASSWORD_RESET_TIMEOUT


def test_there_is_no_sign_up(client, db):
    assert client.get("/sign-in/signup/").status_code == 404
    assert client.get("/accounts/signup/").url.startswith("/sign-in/?next=")  # an account's page, as of any other code


def test_five_wrong_passwords_close_the_door_until_a_minute_that_it_says(cast):
    with time_machine.travel(NOW + timedelta(seconds=20)) as clock:  # 10:00:20 in Lagos
        for _ in range(5):
            sign_in("funke", "wrong password")
        client, answer = sign_in("funke")
        assert not is_in(client) and answer.status_code == 200
        assert "Too many wrong passwords. Try again at 10:06, or set a new password." in answer.content.decode()
        assert is_in(sign_in("emeka")[0])  # somebody else isn't kept out
        clock.move_to(NOW + timedelta(minutes=6))
        assert is_in(sign_in("funke")[0])  # it was a true word


def test_a_flood_is_answered_429_with_a_sentence(cast, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    with time_machine.travel(NOW, tick=False):
        answers = [sign_in("funke", "wrong")[1] for _ in range(4)]
    assert (answers[-1].status_code, answers[-1]["Retry-After"]) == (429, "60")
    page = answers[-1].content.decode()
    assert "Try again at <strong>10:01</strong>" in page and "plain-card" in page


def test_signing_in_and_changing_the_password_speak_the_hub_s_words(cast):
    client, wrong = sign_in("funke", "wrong password")
    assert "The name or the password is not right." in wrong.content.decode()
    empty = client.post(SIGN_IN, {}).content.decode()
    assert "Type your name or e-mail." in empty and "Type your password." in empty
    sign_in("funke", client=client)
    given = {"oldpassword": "wrong", "password1": "quite another password", "password2": "a different password"}
    page = client.post("/sign-in/password/", given).content.decode()
    assert "That isn&#x27;t your current password." in page and "same as the new password above" in page
    assert "Current password" in page and "New password again" in page and "New Password" not in page


def test_who_has_left_doesn_t_get_in(cast):
    Staff.objects.filter(pk=cast.funke.pk).update(last_working_day=TODAY)
    with time_machine.travel(NOW, tick=False):
        assert is_in(sign_in("funke")[0])
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert not is_in(sign_in("funke")[0])


def test_a_reset_doesn_t_let_in_who_has_left(cast, client):
    Staff.objects.filter(pk=cast.funke.pk).update(last_working_day=TODAY - timedelta(days=300))
    client.post("/sign-in/password/reset/", {"email": "funke@mikano.test"})
    for message in mail.outbox:
        for link in re.findall(r"http://testserver(\S+/key/\S+)", message.body):
            page = client.get(link, follow=True)
            client.post(
                page.request["PATH_INFO"], {"password1": "another long password", "password2": "another long password"}
            )
    assert not is_in(client)
    assert not is_in(sign_in("funke", "another long password")[0])


@pytest.mark.parametrize(
    "next_",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"],
)
def test_it_leads_nowhere_but_into_the_hub(cast, next_):
    client, answer = sign_in("funke", next=next_)
    assert is_in(client) and answer.url == "/"
    again = client.get(SIGN_IN, {"next": next_})
    assert "evil" not in again.headers.get("Location", "") and "alert" not in again.headers.get("Location", "")


def test_it_leads_back_to_the_page_asked_for(cast, client):
    asked = client.get("/kpis/adoption/?week=2026-W10")
    assert asked.url == "/sign-in/?next=/kpis/adoption/%3Fweek%3D2026-W10"
    answer = client.post(asked.url, {"login": "funke", "password": PASSWORD, "next": "/kpis/adoption/?week=2026-W10"})
    assert answer.url == "/kpis/adoption/?week=2026-W10"


def test_signing_in_changes_the_session_key_and_signing_out_ends_it(cast, client):
    client.get(SIGN_IN)
    before = client.session.session_key
    sign_in("funke", client=client)
    assert client.session.session_key != before
    client.get("/sign-in/out/")
    assert is_in(client)  # a link alone signs nobody out
    client.post("/sign-in/out/")
    assert not is_in(client)


def test_changing_the_password_ends_the_other_sessions(cast):
    here, there = sign_in("funke")[0], sign_in("funke")[0]
    given = {"oldpassword": PASSWORD, "password1": "quite another password", "password2": "quite another password"}
    assert here.post("/sign-in/password/", given).status_code == 302
    assert here.get("/kpis/adoption/").status_code == 200
    assert there.get("/kpis/adoption/").status_code == 302


@pytest.mark.parametrize("weak", ["short", "1234567890", "password123", "funke ade.1"])
def test_weak_passwords_are_refused(cast, weak):
    client, _ = sign_in("funke")
    client.post("/sign-in/password/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak})
    cast.funke.refresh_from_db()
    assert cast.funke.check_password(PASSWORD)


def test_the_session_cookie_is_out_of_a_script_s_reach(cast):
    cookie = sign_in("funke")[0].cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert configured.PASSWORD_HASHERS is not None


class Postbox:
    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        self.letters.append(envelope.content.decode())
        return "250 Message accepted for delivery"


def test_a_password_is_reset_by_real_mail(cast, client, settings):
    postbox = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        client.post("/sign-in/password/reset/", {"email": "funke@mikano.test"})
    finally:
        controller.stop()
    [letter] = postbox.letters
    letter = letter.replace("=\r\n", "").replace("=3D", "=")
    assert "To: funke@mikano.test" in letter and "CX Hub" in letter
    link = re.search(r"http://testserver(/sign-in/password/reset/key/\S+)", letter)[1]
    form = client.get(link, follow=True)
    new = "a brand new password"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert is_in(sign_in("funke", new)[0])
    assert not is_in(sign_in("funke", PASSWORD)[0])
    used = client.get(link, follow=True)  # a link works once
    assert "password1" not in used.content.decode()


def test_an_embedded_hub_keeps_each_mail_as_a_file_and_says_so_in_one_line(cast, client, settings, tmp_path, capsys):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "mikano_cx.mail.KeptMail", tmp_path
    client.post("/sign-in/password/reset/", {"email": "funke@mikano.test"})
    [kept] = tmp_path.iterdir()
    assert "/sign-in/password/reset/key/" in kept.read_text()
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("Mail to funke@mikano.test: ") and str(kept) in line
