"""Words that stop messages, or start them again, when they are the whole reply; docs/stop-words.md lists them."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Wish(StrEnum):
    """What a member asks for with one word."""

    STOP = "stop"
    START = "start"


# By language, as members write them; upper and lower case, accents and punctuation do not matter.
STOP = {
    "English": (
        "STOP",
        "STOP ALL",
        "STOPALL",
        "STOP SMS",
        "STOP PLEASE",
        "PLEASE STOP",
        "UNSUBSCRIBE",
        "UNSUB",
        "OPT OUT",
        "OPTOUT",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "REMOVE ME",
    ),
    "Arabic": ("إيقاف", "توقف", "إلغاء", "إلغاء الاشتراك"),
    "Chinese": ("退订", "退訂", "取消订阅", "取消訂閱", "停止", "TD", "T", "R"),
    "Croatian, Serbian": ("STOP", "ODJAVA", "ODJAVI", "СТОП", "ОДЈАВА"),
    "Czech, Slovak": ("STOP", "ODHLÁSIT", "ODHLÁSIŤ"),
    "Danish, Norwegian": ("STOP", "STOPP", "AFMELD", "FRAMELD", "AVMELD", "MELD AV"),
    "Dutch": ("STOP", "AFMELDEN", "UITSCHRIJVEN"),
    "Finnish": ("STOP", "SEIS", "LOPETA", "PERUUTA"),
    "French": ("STOP", "ARRÊT", "ARRÊTER", "DÉSABONNER", "DÉSABONNEMENT", "DÉSINSCRIRE", "DÉSINSCRIPTION"),
    "German": ("STOP", "STOPP", "ABMELDEN", "ABBESTELLEN", "ENDE"),
    "Greek": ("ΣΤΟΠ", "ΔΙΑΓΡΑΦΗ", "ΔΙΑΚΟΠΗ"),
    "Hebrew": ("הסר", "הסרה", "עצור"),
    "Hindi": ("बंद", "बंद करें", "रोकें"),
    "Hungarian": ("STOP", "LEIRATKOZÁS", "LEIRATKOZOM"),
    "Indonesian, Malay": ("STOP", "BERHENTI", "BATAL"),
    "Italian": ("STOP", "BASTA", "CANCELLA", "CANCELLAMI", "DISISCRIVI", "DISISCRIVIMI"),
    "Japanese": ("停止", "配信停止", "解除", "ストップ"),
    "Korean": ("수신거부", "수신 거부", "거부", "중지", "그만"),
    "Polish": ("STOP", "REZYGNUJĘ", "REZYGNACJA", "WYPISZ"),
    "Portuguese": ("PARAR", "PARE", "SAIR", "CANCELAR", "REMOVER"),
    "Romanian": ("STOP", "DEZABONARE", "DEZABONEAZĂ"),
    "Russian": ("СТОП", "ОТПИСАТЬСЯ", "ОТПИСКА", "ОТПИШИТЕ"),
    "Spanish": ("ALTO", "BAJA", "DAR DE BAJA", "CANCELAR", "PARAR", "DETENER"),
    "Swedish": ("STOPP", "STOP", "AVSLUTA", "AVREGISTRERA"),
    "Thai": ("ยกเลิก", "หยุด"),
    "Turkish": ("DUR", "İPTAL", "RET"),
    "Ukrainian": ("СТОП", "ВІДПИСАТИСЯ", "ВІДПИСКА"),
    "Vietnamese": ("HỦY", "DỪNG", "TỪ CHỐI"),
}

START = {
    "English": ("START", "UNSTOP", "SUBSCRIBE", "RESUME", "OPT IN", "OPTIN"),
    "Chinese": ("订阅", "訂閱", "恢复订阅", "恢復訂閱", "DY"),
    "Czech, Slovak": ("START", "PŘIHLÁSIT", "PRIHLÁSIŤ"),
    "Danish, Norwegian": ("START", "TILMELD", "PÅMELD"),
    "Dutch": ("START", "AANMELDEN", "INSCHRIJVEN"),
    "Finnish": ("ALOITA", "TILAA"),
    "French": ("START", "REPRENDRE", "ABONNER", "INSCRIRE"),
    "German": ("START", "ANMELDEN"),
    "Italian": ("START", "INIZIA", "ISCRIVIMI"),
    "Japanese": ("再開", "配信再開"),
    "Korean": ("수신동의", "수신 동의"),
    "Polish": ("START", "ZAPISZ"),
    "Portuguese": ("INICIAR", "VOLTAR"),
    "Russian": ("СТАРТ", "ПОДПИСАТЬСЯ"),
    "Spanish": ("ALTA", "INICIAR"),
    "Swedish": ("START", "STARTA"),
    "Turkish": ("BAŞLA", "BAŞLAT"),
    "Ukrainian": ("СТАРТ", "ПІДПИСАТИСЯ"),
}


def wish(text: str) -> Wish | None:
    """Return what a reply asks for when the whole of it is a STOP or START word, else None.

    `/start` is what a chat program sends by itself when somebody opens a bot; it is no consent.
    """
    words = plain(text)
    if words in _STOP:
        return Wish.STOP
    if words in _START and not text.strip().startswith("/"):
        return Wish.START
    return None


def plain(text: str) -> str:
    """Return a reply's letters and digits in one case, without accents, punctuation, quotes and further spaces.

    A word that is repeated ("Stop. STOP!") counts once.
    """
    # Small letters first: the large dotted İ of Turkish becomes an i with an accent, which then goes.
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    letters = "".join(_kept(character) for character in decomposed)
    words = letters.casefold().split()
    return " ".join(words[:1] if len(set(words)) == 1 else words)


def _kept(character: str) -> str:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Me"}:
        return ""  # accents, and invisible marks that keyboards put between letters
    if "\ufe00" <= character <= "\ufe0f":
        return ""  # says how an emoji is drawn
    # Vowel signs of scripts such as Devanagari are marks (M), yet part of the word.
    return character if unicodedata.category(character)[0] in "LMN" else " "


_STOP = frozenset(plain(word) for words in STOP.values() for word in words)
_START = frozenset(plain(word) for words in START.values() for word in words)
