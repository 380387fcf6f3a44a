"""Identity: nothing that differs is merged, nothing that is the same is kept twice, in any order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.ingest import Known
from inboxsync.sync.dedup import MAX_ID_CHARACTERS, Identity, candidate_ids, identify

F1, F2 = "1" * 64, "2" * 64


def test_a_new_id_is_taken_as_it_is() -> None:
    assert identify("a@example.com", F1, {}) == Identity("a@example.com", is_new=True)


def test_without_an_id_the_fingerprint_names_it() -> None:
    assert identify(None, F1, {}) == Identity(f"sha256:{F1}", is_new=True)
    assert identify("", F1, {}).external_id == f"sha256:{F1}"


def test_the_same_content_is_a_duplicate() -> None:
    known = {"a@example.com": Known(1, "a@example.com", F1)}
    assert identify("a@example.com", F1, known) == Identity("a@example.com", is_new=False)


def test_a_reused_id_with_other_content_is_kept_beside_the_first() -> None:
    known: dict[str, Known | str] = {"a@example.com": F1}
    second = identify("a@example.com", F2, known)
    assert second == Identity("a@example.com#" + "2" * 16, is_new=True)
    assert identify("a@example.com", F2, known | {second.external_id: F2}).is_new is False


def test_ids_too_long_for_an_index_stay_apart() -> None:
    long = "x" * 5_000
    first, second = candidate_ids(long + "a", F1)[0], candidate_ids(long + "b", F1)[0]
    assert first != second
    assert len(first) <= MAX_ID_CHARACTERS + 65


contents = st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from("123")), max_size=30)


@given(contents=contents)
@settings(deadline=None)
def test_every_content_is_stored_exactly_once(contents: list[tuple[str | None, str]]) -> None:
    known: dict[str, Known | str] = {}
    stored: list[tuple[str | None, str]] = []
    for message_id, digit in contents:
        identity = identify(message_id, digit * 64, known)
        if identity.is_new:
            assert identity.external_id not in known
            known[identity.external_id] = digit * 64
            stored.append((message_id, digit))
    assert sorted(set(contents), key=str) == sorted(stored, key=str)
