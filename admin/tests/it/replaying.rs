//! `replay-events`, with a hub on a fake AWS.

use crate::fake_aws::{FakeAws, MESSAGE};

const AT: &str = "2026-11-28T12:00:00Z";

/// A hub with this many lost events, each of a different record.
fn hub(lost: usize) -> FakeAws {
    let aws = FakeAws::start();
    for number in 0..lost {
        aws.state().lose(&format!("grp_{number}"), 1, AT);
    }
    aws
}

#[test]
fn more_than_a_thousand_events_are_published_in_one_run() {
    let aws = hub(1_015);
    // One message has no key, and must not be read again and again.
    let broken = ("broken".to_owned(), "no key".to_owned());
    aws.state().queue.push_front(broken.clone());
    let (code, out, err) = aws.run(&["replay-events"]);
    assert!(out.contains("\npublished 1015\n"), "{out}{err}");
    assert_eq!(code, 1);
    let state = aws.state();
    assert_eq!(state.published.len(), 1_015);
    assert_eq!(state.queue, [broken]);
}

#[test]
fn events_decided_before_the_given_time_are_published() {
    let aws = FakeAws::start();
    // Arrival in the stream: 12:00. The decision was earlier.
    aws.state().lose("grp_old", 1, "2026-11-28T11:30:00Z");
    aws.state().lose("grp_slow", 1, "2026-11-28T11:50:00Z");
    aws.state().lose("grp_first", 1, "2026-11-28T11:59:59.900Z");
    aws.state().lose("grp_next", 1, "2026-11-28T12:00:00Z");
    let (code, out, err) = aws.run(&["replay-events", "--since", AT]);
    assert_eq!(code, 0, "{out}{err}");
    let state = aws.state();
    let mut ids: Vec<_> = state.published.iter().map(|it| it["id"].as_str()).collect();
    ids.sort_unstable();
    let expected = ["grp_first#1", "grp_next#1", "grp_slow#1"];
    assert_eq!(ids, expected.map(Some));
}

/// Each of these fails for all events in the same way.
#[test]
fn missing_permission_stops_the_run_and_leaves_all_other_events() {
    for (operation, label, arguments, published, left) in [
        ("ReceiveMessage", "ReceiveMessage", &[][..], 0, 12),
        ("GetItem", "DynamoDB", &[], 0, 12),
        ("PutEvents", "PutEvents", &[], 0, 12),
        // The events of one call.
        ("DeleteMessage", "DeleteMessage", &[], 10, 12),
        ("Scan", "DynamoDB", &["--since", AT], 0, 12),
        ("PutEvents", "PutEvents", &["--since", AT], 0, 12),
    ] {
        for (denied, exit) in [("AccessDeniedException", 1), ("ExpiredTokenException", 3)] {
            let aws = hub(12);
            aws.state().failing.insert(operation, (0, denied));
            let (code, out, err) = aws.run(&[&["replay-events"], arguments].concat());
            let what = format!("{operation} {denied}: {out}{err}");
            assert_eq!(code, exit, "{what}");
            let reason = format!("{label}: AWS returned {denied}: {MESSAGE}");
            assert!(
                err.contains(&format!("error: aws_refused: {reason}\n")),
                "{what}"
            );
            assert!(out.contains(&format!("published {published}\n")), "{what}");
            assert!(out.contains("\nrefused 0\n") || out.starts_with("published 0\nrefused 0\n"));
            let state = aws.state();
            assert_eq!(state.published.len(), published, "{what}");
            assert_eq!(state.queue.len(), left, "{what}");
            if ["PutEvents", "DeleteMessage"].contains(&operation) {
                assert!(out.contains(&format!(" ({reason})\n")), "{what}");
            }
        }
    }
}

#[test]
fn messages_are_released_when_the_queue_fails_in_the_middle() {
    let aws = hub(25);
    let failure = (2, "AccessDeniedException");
    aws.state().failing.insert("ReceiveMessage", failure);
    let (code, _, err) = aws.run(&["replay-events"]);
    assert_eq!(code, 1, "{err}");
    assert_eq!(aws.state().queue.len(), 25);
}

/// The entries of issued credentials are in the table of receipts.
#[test]
fn events_of_issued_credentials_are_published_from_their_own_table() {
    let aws = FakeAws::start();
    let issues = "acc_1/inventory/reader";
    aws.state().lose("acc_1", 1, AT);
    aws.state().lose_issue(issues, 500_000, AT);
    aws.state()
        .lose_issue("acc_2/inventory/reader", 500_000, AT);
    let ids = |aws: &FakeAws| {
        let published = std::mem::take(&mut aws.state().published);
        let mut ids: Vec<_> = published.iter().map(|it| it["id"].to_string()).collect();
        ids.sort_unstable();
        ids
    };
    let first = "\"acc_1#1\"";
    let [one, other] = ["1", "2"].map(|it| format!("\"acc_{it}/inventory/reader#500000\""));
    for (arguments, expected) in [
        (&["--record", "acc_1"][..], vec![first, &one]),
        (&["--record", issues], vec![&one]),
        (&["--record", "acc"], vec![]),
        (&["--since", AT], vec![first, &one, &other]),
        (&[], vec![first, &one, &other]),
    ] {
        let (code, out, err) = aws.run(&[&["replay-events"], arguments].concat());
        assert_eq!(code, 0, "{arguments:?}: {out}{err}");
        assert_eq!(ids(&aws), expected, "{arguments:?}");
    }
    assert!(aws.state().queue.is_empty());
}
