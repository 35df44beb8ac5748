"""The registry of adversarial input, put through a method of ten lines."""

import dataclasses

import pandas as pd
import pytest

from tests import adversarial, toy

SUBJECT = adversarial.Subject(
    call=toy.difference_in_means, frame=toy.toy_frame(), roles=toy.ROLES, large=toy.five_treated
)

test_bad_and_odd_input = adversarial.suite(SUBJECT)


def test_the_registry_catches_a_method_that_uses_the_index():
    def by_index(data, roles, **options):
        if isinstance(data, pd.DataFrame) and data.index[0] != 0:
            data = data.assign(y=range(len(data)))
        return toy.difference_in_means(data, roles, **options)

    spoilt = dataclasses.replace(SUBJECT, call=by_index)
    with pytest.raises(AssertionError):
        adversarial._CASES["the_index_plays_no_role"](spoilt)


def test_the_registry_catches_a_method_that_drops_rows_in_silence():
    def silent(data, roles, **options):
        return toy.difference_in_means(data.dropna() if isinstance(data, pd.DataFrame) else data, roles, **options)

    spoilt = dataclasses.replace(SUBJECT, call=silent)
    with pytest.raises(pytest.fail.Exception):
        adversarial._CASES["missing_values_are_counted_by_column"](spoilt)


def test_an_unknown_case_cannot_be_skipped():
    with pytest.raises(ValueError, match="no such cases"):
        adversarial.suite(dataclasses.replace(SUBJECT, skip={"not a case": "typo"}))
