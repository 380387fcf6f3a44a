"""The catalogue of what servers, networks and disks do, each row with the tests that hold for it, or why there is none.

A proof is `file::name` below `tests/`, the name of a function or of a class with it; `rows:` stands for a row of
`server_rows.ROWS`, `cases:` for one of `cases.CASES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Proofs = Sequence[str]

_FETCHING = "unit/imap/test_fetching.py::TestFetchAnswers."
_AMOUNTS = "unit/imap/test_wire.py::TestHostileAmounts."
_TIME = "unit/imap/test_wire.py::TestTime."
_STATUS = "unit/imap/test_parsing.py::TestFolderStatus."
_TLS = "unit/imap/test_tls.py::"
_ROWS = "faults/test_server_rows.py::"
_CUTS = "faults/test_cuts.py::"
_BAD_SERVER = "system/test_bad_server.py::"
_BAD_STORE = "system/test_bad_store.py::"
_OVERLAP = "system/test_overlap.py::"
_CALLS = "system/test_syscalls.py::"
_REMAPPING = "unit/sync/test_remapping.py::"

WHAT_THE_LIBRARY_DID: Mapping[str, Proofs] = {
    "unsolicited FETCH without UID, seq = a requested UID": (
        _FETCHING + "test_an_unsolicited_answer_without_uid_is_not_taken_for_a_uid",
        "rows:flags_without_uid_of_our_number",
    ),
    "unsolicited FETCH for another UID": (
        _FETCHING + "test_uids_that_nobody_asked_for_are_dropped",
        "rows:uids_nobody_asked_for",
    ),
    "EXPUNGE/EXISTS between FETCH lines": (
        _FETCHING + "test_other_responses_in_between_do_not_matter",
        "rows:expunge_while_fetching",
    ),
    "BODY[] NIL": (_FETCHING + "test_bodies_in_every_form", "rows:body_nil"),
    "BODY[] as quoted string / {0} literal": (
        _FETCHING + "test_bodies_in_every_form",
        "rows:body_quoted",
        "rows:body_of_no_octets",
    ),
    "tagged OK, nothing returned": (_FETCHING + "test_nothing_is_an_empty_answer", "rows:expunged_ok_and_nothing"),
    "NO [EXPUNGEISSUED], or some data then NO": (_FETCHING + "test_what_came_before_a_no_is_kept", "rows:expunged_no"),
    "BYE in mid-fetch": (_FETCHING + "test_a_farewell_in_the_middle_keeps_its_words", "rows:farewell"),
    "cut at every byte of a FETCH answer": (
        "unit/imap/test_wire.py::TestCut.test_at_every_octet_nothing_short_is_ever_given",
        _CUTS + "test_a_session_cut_at_any_octet_is_made_up_for",
    ),
    "literal {10000000000}, of 30 digits": (
        _AMOUNTS + "test_a_literal_too_large_is_refused_before_memory_is_taken",
        "rows:literal_of_ten_gigabytes",
        "rows:literal_of_thirty_digits",
    ),
    "( x 100 000": (_FETCHING + "test_a_senseless_line_costs_only_its_own_message", "rows:paren_bomb"),
    "300 000 untagged OK lines": (
        _AMOUNTS + "test_lines_without_end_are_refused",
        _ROWS + "test_lines_without_end_cost_one_connection",
    ),
    "1 byte / 0.5 s": (_TIME + "test_dripping_ends", _CUTS + "test_a_dripping_line_is_given_up_and_made_up_for"),
    "silence": (_TIME + "test_silence_ends", _CUTS + "test_a_line_that_falls_silent_is_given_up_and_made_up_for"),
    "tagged OK with no text": (_AMOUNTS + "test_what_is_no_imap_is_a_protocol_fault", "rows:ok_without_text"),
    "two * SEARCH lines": ("rows:storms",),
    "149 312 UIDs in one line": (_AMOUNTS + "test_a_line_without_end_is_refused", "rows:line_of_more_than_a_megabyte"),
    "SELECT without UIDNEXT / UIDVALIDITY": (
        _STATUS + "test_nothing_said_is_none",
        "rows:uidnext_missing",
        "rows:uidvalidity_missing",
    ),
    "UIDVALIDITY 0, UIDNOTSTICKY": ("rows:uidvalidity_zero", "rows:uids_not_sticky"),
    "UIDVALIDITY sent twice": (_STATUS + "test_a_uidvalidity_that_means_nothing_is_none", "rows:uidvalidity_twice"),
    "INTERNALDATE 99-Foo-0000 / 01-Jan-0001": (
        "unit/imap/test_parsing.py::TestInternalDate.test_odd_ones_are_none",
        "rows:date_that_is_none",
        "rows:date_in_year_one",
        "rows:date_nil",
    ),
    "RFC822.SIZE 10^20": ("unit/imap/test_parsing.py::test_a_huge_size_is_clamped", "rows:size_huge"),
    "LIST with broken modified UTF-7 in one name": (
        "unit/imap/test_folders.py::test_a_senseless_line_hides_no_other",
        "unit/imap/test_folders.py::test_any_octets_have_a_printable_name",
    ),
    "LIST with raw UTF-8": ("unit/imap/test_adapter.py::TestFolders.test_a_name_in_raw_octets_is_sent_as_they_are",),
    "LIST delimiter NIL, name inbox": ("unit/imap/test_folders.py::test_list_lines",),
    "LOGIN NO with codes": (
        "unit/imap/test_login.py::test_refusals_are_told_apart_and_never_tried_twice",
        "rows:unavailable_login",
        "rows:refused_login",
        "rows:too_many_connections",
    ),
}

BEHAVIOURS: Mapping[str, Proofs] = {
    "UIDVALIDITY changes": (_ROWS + "test_a_changed_uidvalidity_makes_no_second_ticket",),
    "folder deleted and re-created under the same name": (
        _ROWS + "test_a_changed_uidvalidity_makes_no_second_ticket",
        "unit/sync/test_plan.py::test_another_mailboxid_under_the_name_is_a_folder_made_anew",
    ),
    "folder renamed": (_REMAPPING + "test_a_renamed_folder_keeps_its_ledger",),
    "UIDNEXT missing / lower than known": (
        "rows:uidnext_missing",
        _REMAPPING + "test_lower_uids_under_the_same_uidvalidity_lose_nothing",
    ),
    "n:* returns the last message even if below n": (
        _ROWS + "test_a_server_that_does_this",  # no command holds a `*`
        "unit/imap/test_fetching.py::TestMetadata.test_uids_outside_the_range_are_dropped",
    ),
    "1:* or * on an empty mailbox is BAD": (_ROWS + "test_a_mailbox_of_no_messages_is_asked_for_none",),
    "EXPUNGE during UID FETCH": ("rows:expunge_while_fetching",),
    "fetch of a message expunged by another session": (
        "rows:expunged_ok_and_nothing",
        "rows:expunged_no",
        "rows:expunged_nil",
    ),
    "unsolicited FETCH": ("rows:storms",),
    "split FETCH answers for one message": ("rows:split_answers",),
    "items in other order, unknown items, UID after body": (
        "rows:split_answers",
        "rows:unknown_items",
        "unit/imap/test_parsing.py::test_items_come_in_any_order_and_form",
    ),
    "NIL where the grammar says string": ("rows:date_nil", _ROWS + "test_a_server_that_does_this"),
    "literals / quoted with odd bytes in LIST, codes, flags": (
        "unit/imap/test_folders.py::test_any_octets_have_a_printable_name",
        "unit/imap/test_parsing.py::test_parsing_never_raises",
    ),
    "RFC822.SIZE lies": ("rows:size_zero", "rows:size_short", "rows:size_left_out",
                         _ROWS + "test_a_message_whose_size_lied_costs_itself_alone"),
    "partial fetch <o.n> faults": (_ROWS + "test_a_server_that_does_this",),  # no command asks for a part
    "servers that re-render mail": (_ROWS + "test_copies_that_a_server_renders_anew_are_one_message",),
    "NO on one particular message for ever": (
        "rows:refused_message", "rows:refused_for_ever", _ROWS + "test_a_header_that_is_refused_costs_one_message",
    ),
    "NO [SERVERBUG] / BAD [CLIENTBUG] for valid commands": ("rows:all_refused", "rows:bad_for_one_message"),
    "mailbox shown in part": (
        "rows:more_counted_than_listed", "rows:message_limit_told",
        _ROWS + "test_a_listing_in_small_answers_is_asked_for_in_halves",
    ),
    "throttle with Suggested Backoff Time": (
        "rows:throttled_opening", "rows:throttled_fetching",
        _ROWS + "test_a_throttled_account_is_left_alone_as_long_as_it_is_told",
    ),
    "User is authenticated but not connected": ("rows:not_connected",),
    "[OVERQUOTA] Account exceeded command or bandwidth limits": (
        "rows:over_quota", "unit/sync/test_caps.py::test_a_spent_budget_ends_the_run_in_words_and_the_next_goes_on",
    ),
    "OK ... [THROTTLED]": ("rows:slowed_down_in_words",),
    "Too many simultaneous connections": ("rows:too_many_connections", _ROWS + "test_greetings_that_are_none"),
    "BYE at greeting or any time": (_ROWS + "test_greetings_that_are_none", "rows:farewell"),
    "capabilities change after login": (_ROWS + "test_what_is_offered_after_the_login_is_not_switched_on",),
    "LOGINDISABLED": ("unit/imap/test_login.py::test_logindisabled_on_a_clear_connection_sends_nothing",),
    "STARTTLS injection, stripping, PREAUTH": (
        _TLS + "TestStartTls.test_a_tampered_upgrade_ends_without_login",
        _TLS + "TestStartTls.test_preauth_on_a_clear_connection_is_refused",
    ),
    "half-open TCP": (
        "unit/imap/test_transport.py::test_keepalive_is_on",
        _CUTS + "test_a_line_that_falls_silent_is_given_up_and_made_up_for",
    ),
    "COMPRESS bomb": (_ROWS + "test_what_is_offered_after_the_login_is_not_switched_on",),
    "same mail in many folders (labels)": (
        "unit/sync/test_engine.py::test_the_same_mail_twice_is_stored_once_and_makes_one_ticket",
    ),
    "Noselect, NonExistent, namespace prefix": (
        "rows:not_selectable",
        "unit/imap/test_adapter.py::TestFolders.test_a_prefix_is_found_once_and_then_known",
    ),
    "UTF8=ACCEPT / IMAP4rev2": (_ROWS + "test_what_is_offered_after_the_login_is_not_switched_on",),
}  # fmt: skip

FAULTS: Mapping[str, Proofs] = {
    "C1": ("crash/test_sweep.py::test_a_run_that_is_struck_anywhere_is_made_up_for",
           "system/test_kills.py::test_killed_at_random_moments_while_mail_arrives"),
    "C2": ("crash/test_sweep.py::test_a_run_that_is_struck_anywhere_is_made_up_for",
           "cases:lost_for_good", "cases:lost_once"),
    "C3": (_CALLS + "test_killed_at_any_call_it_is_as_if_nothing_had_been",),
    "C5": ("cases:held_by_another", _OVERLAP + "test_two_processes_at_once_make_no_doubles"),
    "C6": ("cases:clock_a_day_ahead", "cases:clock_a_day_back", "cases:clock_in_2038",
           "faults/test_matrix.py::test_a_clock_set_back_keeps_nobody_from_being_due",
           _OVERLAP + "test_a_lease_of_a_killed_process_is_taken_over_at_once"),
    "C7": ("cases:told_to_stop", _OVERLAP + "test_told_to_stop_in_the_middle_it_keeps_what_is_decided"),
    "D1": ("cases:disk_full", _BAD_STORE + "test_a_full_disk_is_75_and_the_next_run_completes",
           _CALLS + "test_a_disk_that_says_no_ends_the_run_in_words"),
    "D2": ("cases:disk_error", _CALLS + "test_a_disk_that_says_no_ends_the_run_in_words"),
    "D3": ("cases:locked_too_long", "faults/test_matrix.py::test_a_postgres_that_fails_in_the_middle"),
    "D4": ("cases:cannot_be_written", _BAD_STORE + "test_a_read_only_store_is_78_and_nobody_is_asked_for_mail"),
    "D5": ("cases:damaged", _BAD_STORE + "test_a_corrupt_database_is_78_and_left_as_it_is",
           "faults/test_matrix.py::test_a_write_ahead_log_cut_short_costs_no_more_than_its_end"),
    "D6": (_BAD_STORE + "test_a_newer_schema_is_refused_and_nothing_is_written",
           "contract/store/test_schema.py::test_a_migration_that_stops_anywhere_did_not_happen"),
    "D7": ("faults/test_matrix.py::test_a_database_of_yesterday_takes_in_what_came_since",
           "system/test_backup.py::test_a_store_of_yesterday_takes_in_what_came_since"),
    "N1": ("cases:unreachable", _BAD_SERVER + "test_a_port_that_refuses_is_75_and_costs_only_its_own",
           _BAD_SERVER + "test_a_host_that_does_not_resolve_is_75"),
    "N2": (_CUTS + "test_a_session_cut_at_any_octet_is_made_up_for", _CUTS + "test_resets_do_no_more_than_cuts"),
    "N3": ("cases:silent", _CUTS + "test_a_dripping_line_is_given_up_and_made_up_for",
           _CUTS + "test_a_line_that_falls_silent_is_given_up_and_made_up_for",
           _OVERLAP + "test_a_server_that_dawdles_costs_no_more_than_the_deadline"),
    "N4": ("cases:not_imap", "faults/test_flips.py::test_in_clear_text_every_difference_is_named",
           "faults/test_flips.py::test_under_tls_nothing_spoiled_is_ever_stored"),
    "N5": ("rows:literal_of_ten_gigabytes", "rows:literal_of_thirty_digits",
           _ROWS + "test_a_message_whose_size_lied_costs_itself_alone"),
    "N6": ("rows:line_of_more_than_a_megabyte", "rows:paren_bomb",
           _ROWS + "test_lines_without_end_cost_one_connection"),
    "T1": ("cases:untrusted", _BAD_SERVER + "test_an_untrusted_certificate_is_69_and_sends_no_login",
           _TLS + "test_an_expired_certificate_is_refused", _TLS + "test_an_old_protocol_is_refused"),
    "T2": (_BAD_SERVER + "test_starttls_that_is_not_offered_or_refused_is_69",
           _TLS + "TestStartTls.test_a_tampered_upgrade_ends_without_login", _ROWS + "test_greetings_that_are_none"),
    "A1": ("cases:wrong_password", "cases:wrong_three_times",
           _BAD_SERVER + "test_a_wrong_password_is_77_and_three_of_them_pause"),
    "A2": ("cases:throttled", "cases:unavailable", "rows:too_many_connections",
           _ROWS + "test_a_throttled_account_is_left_alone_as_long_as_it_is_told"),
    "I1": ("cases:renumbered", _ROWS + "test_a_changed_uidvalidity_makes_no_second_ticket"),
    "I2": ("cases:recreated", _ROWS + "test_a_changed_uidvalidity_makes_no_second_ticket"),
    "I3": (_ROWS + "test_a_uidvalidity_that_changes_before_marking_marks_nothing_under_the_old_one",),
    "I4": ("cases:uidvalidity_missing", "rows:uidnext_missing",
           _REMAPPING + "test_lower_uids_under_the_same_uidvalidity_lose_nothing"),
    "I5": ("cases:folder_gone", "cases:only_folder_gone", "rows:not_selectable"),
    "I6": ("cases:gone_before_it_came", "rows:expunged_ok_and_nothing", "rows:expunged_no", "rows:expunged_nil"),
    "I7": ("cases:refused_for_ever", "rows:refused_message", "rows:refused_for_ever"),
    "I8": ("rows:storms", "rows:split_answers"),
    "I9": ("cases:empty_mailbox", _ROWS + "test_the_highest_uid_there_can_be"),
    "I10": ("cases:shown_in_part", "rows:message_limit_told", "rows:more_counted_than_listed"),
    "I11": ("cases:sizes_lie", "rows:size_zero", "rows:date_in_year_one"),
    "I12": ("cases:may_not_mark",
            "unit/sync/test_engine.py::test_a_refused_mark_leaves_the_mail_stored_and_the_mark_to_be_done"),
    "M1": ("cases:empty_mail", "unit/mail/test_totality.py::test_three_thousand_mutated_messages"),
    "M2": ("unit/sync/test_engine.py::test_a_reused_message_id_loses_nothing",
           "unit/sync/test_engine.py::test_the_same_mail_twice_is_stored_once_and_makes_one_ticket"),
    "M3": ("unit/tickets/test_route.py::test_the_routing_table",
           "unit/sync/test_routing.py::test_machine_mail_opens_nothing_and_reaches_what_it_answers"),
    "M4": ("unit/sync/test_routing.py::test_a_token_lets_anybody_on_and_a_forged_one_nobody",
           "unit/sync/test_routing.py::test_a_stranger_gets_a_ticket_of_his_own_that_names_the_other"),
    "F1": ("cases:filter_invalid", "system/test_bad_input.py::test_a_filter_with_faults_is_78_and_names_each",
           "system/test_bad_input.py::test_a_stored_filter_that_does_not_decode_takes_and_drops_nothing"),
    "E1": (
        "unit/httpapi/test_gate.py::test_a_foreign_host_is_misdirected_even_for_health",
        "unit/httpapi/test_gate.py::test_bodies_and_addresses_are_bounded",
        "unit/httpapi/test_gate.py::test_too_many_requests_and_too_many_failures",
        "unit/httpapi/test_isolation.py::test_without_a_token_or_with_a_wrong_one_nothing_is_told",
        "unit/httpapi/test_protocol.py::test_dripping_does_not_lengthen_the_time",
        "unit/httpapi/test_routes.py::test_what_cannot_be_meant_is_refused_in_one_shape",
        "system/test_serve.py::test_it_serves_while_connections_are_held_and_stops_in_order",
    ),
    "K1": (_BAD_SERVER + "test_the_key_is_proved_before_any_login",),
    "L1": ("system/test_cli_process.py::test_a_closed_pipe_is_no_error",
           "system/test_cli_process.py::test_a_narrow_console_never_ends_a_command"),
    "R1": ("faults/test_matrix.py::test_on_postgres", "system/test_postgres.py::test_both_databases_hold_the_same"),
}  # fmt: skip

# What has no test here, and why.
NOT_HERE: Mapping[str, str] = {
    "IDLE cut after 29/30 min, NAT drops silently": "the program polls and never sends IDLE",
    "server refuses odd mail on APPEND": "it speaks of fixtures, and the program never sends APPEND",
    "C4": "power loss needs a disk that drops what was not synced; nothing is claimed about it",
    "C8": "mail is parsed in the process, within bounds; there is no worker to run out of memory",
    "A3": "there is no OAuth sign-in",
    "F2": "what a changed filter makes of mail that is stored is the rules' own matter",
    "W1": "webhooks are sent by `delivery`, beside the engine",
}
