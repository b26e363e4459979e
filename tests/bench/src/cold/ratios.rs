//! The ratios. Most compare minimum CPU times, which hardly depend on other load on the machine; a
//! median of elapsed time can double.

use super::WAITED_SIZE;
use super::figures::{Findings, least_cpu, ms, percentile, wall};
use super::jobs::Job;
use super::measure::{Measured, Sample};
use super::programs::Kind;
use crate::report::{Aim, Ratio};

pub(super) fn ratios(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    let ours = || findings.of(Kind::Ours);
    let empty = findings.of(Kind::Empty).next();
    for one in ours().filter(|it| is_asynchronous(it.program.job)) {
        let floor = empty.map_or(f64::NAN, |empty| least_cpu(&empty.init));
        ratios.push(Ratio {
            what: format!(
                "times the empty handler's init CPU time, {}",
                one.program.name
            ),
            value: least_cpu(&one.init) / floor,
            aim: Some(Aim::AtMost(2.0)),
        });
    }
    for one in ours() {
        let own = |what: &str, value, most| Ratio {
            what: format!("{what}, {}", one.program.name),
            value,
            aim: Some(Aim::AtMost(most)),
        };
        ratios.push(own("MB of peak memory", one.peak_memory_mb, 9.0));
        ratios.push(own("MB of zip size", one.megabytes(), 3.0));
    }
    for one in ours() {
        // The response to CloudFormation is sent after the last call.
        let answers = match one.program.job {
            Job::Registration => 1,
            Job::Paste => 0,
            _ => continue,
        };
        let sequential_calls = one.sequential_calls.saturating_sub(answers);
        ratios.push(Ratio {
            what: format!("sequential calls for {}", one.program.job.name()),
            value: f64::from(u32::try_from(sequential_calls).unwrap_or(u32::MAX)),
            aim: Some(Aim::AtMost(4.0)),
        });
    }
    ratios.extend(over_the_floor(findings));
    ratios.extend(small(findings));
    ratios.extend(issuing(findings));
    ratios.extend(paging(findings));
    ratios.extend(ahead(findings));
    // Skip ratios that were not measured.
    ratios.retain(|ratio| ratio.value.is_finite() && ratio.value > 0.0);
    ratios
}

/// The cost compared with the AWS calls alone.
fn over_the_floor(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for ours in findings.of(Kind::Ours) {
        let by_hand = |it: &&Measured| Some(it.program.job) == ours.program.job.by_hand();
        let Some(floor) = findings.whole.iter().find(by_hand) else {
            continue;
        };
        let name = &ours.program.name;
        let ratio = |what: &str, value, aim| Ratio {
            what: format!("times the hand-signed calls' CPU time {what}, {name}"),
            value,
            aim,
        };
        // Only for functions that don't prepare calls and connections before the first event.
        if is_asynchronous(ours.program.job) {
            let first = least_cpu(&ours.first) / least_cpu(&floor.first);
            ratios.push(ratio("for the first event", first, Some(Aim::AtMost(1.5))));
            let cold = ours.cold_cpu() / floor.cold_cpu();
            ratios.push(ratio("for init and first event", cold, None));
        }
        let warm = least_cpu(&ours.warm) / least_cpu(&floor.warm);
        ratios.push(ratio("when warm", warm, None));
    }
    ratios
}

/// SQS, the schedule and the stream are not latency-sensitive.
fn is_asynchronous(job: Job) -> bool {
    matches!(job, Job::Verification | Job::Sweep | Job::Publication)
}

/// The first event with the processor share of a 128 MB function.
fn small(findings: &Findings) -> Vec<Ratio> {
    let smallest = findings.shares.iter().find(|(size, _)| *size == 128);
    let ours = smallest.into_iter().flat_map(|(_, all)| all);
    let ours = ours.filter(|it| it.program.kind == Kind::Ours);
    let ratio = |one: &Measured| Ratio {
        what: format!(
            "ms for the first event at 128 MB, {} ({} calls)",
            one.program.name, one.calls
        ),
        value: ms(percentile(wall(&one.first), 50)),
        aim: Some(Aim::AtMost(10.0)),
    };
    ours.map(ratio).collect()
}

/// An issue with realistic latency. SDKs wait a second for a connection, and some for the answer, too.
fn issuing(findings: &Findings) -> Vec<Ratio> {
    let size = findings
        .billed
        .iter()
        .find(|(size, _)| *size == WAITED_SIZE);
    let all = || {
        let measured = size.into_iter().flat_map(|(_, all)| all);
        measured.filter(|it| it.program.job.is_issue())
    };
    let middle = |samples: &[Sample]| ms(percentile(wall(samples), 50));
    let mut ratios = Vec::new();
    for one in all() {
        let name = &one.program.name;
        let aim = (one.program.kind == Kind::Ours).then_some(Aim::AtMost(1000.0));
        ratios.push(Ratio {
            what: format!(
                "ms for a cold start and credentials at {WAITED_SIZE} MB, with AWS latency, {name}"
            ),
            value: middle(&one.init) + middle(&one.first),
            aim,
        });
    }
    let of = |kind: Kind| all().find(|it| it.program.kind == kind);
    if let (Some(ours), Some(floor)) = (of(Kind::Ours), of(Kind::HandSigned)) {
        ratios.push(Ratio {
            what: format!(
                "times the duration of the calls signed by hand when warm, at {WAITED_SIZE} MB with AWS latency, {}",
                ours.program.name
            ),
            value: middle(&ours.warm) / middle(&floor.warm),
            aim: Some(Aim::AtMost(2.0)),
        });
    }
    ratios
}

/// What the console adds to the API's own time: the stub repeats the API's responses without latency.
fn paging(findings: &Findings) -> Vec<Ratio> {
    let size = findings
        .shares
        .iter()
        .find(|(size, _)| *size == WAITED_SIZE);
    let all = || size.into_iter().flat_map(|(_, all)| all);
    let of = |job| all().find(|it| it.program.kind == Kind::Ours && it.program.job == job);
    let (Some(page), Some(list)) = (of(Job::Page), of(Job::Accounts)) else {
        return Vec::new();
    };
    let middle = |samples: &[Sample]| ms(percentile(wall(samples), 50));
    let cold = |it: &Measured| middle(&it.init) + middle(&it.first);
    let ratio = |what: &str, value, aim| Ratio {
        what: format!("{what}, a page of 50 accounts at {WAITED_SIZE} MB"),
        value,
        aim,
    };
    let most = Some(Aim::AtMost(60.0));
    vec![
        ratio("ms that the console adds, cold", cold(page), most),
        ratio("ms that the console adds, warm", middle(&page.warm), None),
        ratio(
            "times the API's own list, cold",
            cold(page) / cold(list),
            None,
        ),
        ratio(
            "times the API's own list, warm",
            middle(&page.warm) / middle(&list.warm),
            None,
        ),
    ]
}

/// The speedup compared with the peers.
fn ahead(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for theirs in &findings.whole {
        let Kind::Peer(name) = theirs.program.kind else {
            continue;
        };
        let aim = match name {
            "Python, boto3" => Some(Aim::AtLeast(60.0)),
            "Node.js, SDK v3" => Some(Aim::AtLeast(20.0)),
            _ => None,
        };
        let same = |it: &&Measured| it.program.job == theirs.program.job;
        for ours in findings.whole.iter().filter(same) {
            if !matches!(ours.program.kind, Kind::Ours | Kind::OursBySystemRoots) {
                continue;
            }
            let against = format!("{} against {name}", ours.program.name);
            ratios.push(Ratio {
                what: format!("times less CPU time for init and first event, {against}"),
                value: theirs.cold_cpu() / ours.cold_cpu(),
                aim,
            });
            ratios.push(Ratio {
                what: format!("times less CPU time when warm, {against}"),
                value: least_cpu(&theirs.warm) / least_cpu(&ours.warm),
                aim: None,
            });
        }
    }
    ratios
}
