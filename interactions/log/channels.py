"""The traits of each channel: its icon, its spellings in files, and the kind of entry that goes with it. Pure."""

from typing import NamedTuple


class ChannelTraits(NamedTuple):
    """The traits of one channel. `written` are the words for it in files, where a hyphen also stands for a space."""

    label: str
    icon: str
    written: str
    kind: str = "conversation"


CHANNELS: dict[str, ChannelTraits] = {
    "phone": ChannelTraits("Phone", "phone", "phone call called calls tel telephone phone-call"),
    "whatsapp": ChannelTraits("WhatsApp", "message-circle", "whatsapp whats-app wa whatsapp-call"),
    "email": ChannelTraits("E-mail", "mail", "email e-mail mail emailed"),
    "meeting": ChannelTraits("Meeting", "users", "meeting meet met", kind="meeting"),
    "site_visit": ChannelTraits("Site visit", "map-pin", "site-visit visit site visited", kind="site-visit"),
    "walk_in": ChannelTraits("Walk-in", "store", "walk-in walkin showroom"),
    "web": ChannelTraits("Web", "globe", "web website online web-form"),
    "other": ChannelTraits("Other", "ellipsis", "other"),
}
