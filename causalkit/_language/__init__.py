"""The language in which results speak to a reader."""

from causalkit._language._wording import ENGLISH, LANGUAGES, Lang, Name, Wording, wording

__all__ = ["ENGLISH", "LANGUAGES", "Lang", "Name", "Wording", "wording"]
