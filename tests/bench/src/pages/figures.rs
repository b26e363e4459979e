//! The table and the ratios of first loads.

use rolecall_aws::host::SystemHost;
use rolecall_domain::ports::Clock;

use super::browser::{Load, Network};
use crate::report::{Aim, Cell, Ratio, Report, Table};
use crate::usage::machine;

pub(super) const CONNECT: &str = "connect page";
pub(super) const GROUP: &str = "group, 50 accounts";
pub(super) const SPA: &str = "the same as a single-page application";

/// Kilobytes of a first load.
const MOST_KB: f64 = 30.0;
/// Seconds until the rows are visible, with one round trip for each request.
const MOST_SECONDS: f64 = 0.5;

#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rounds: usize,
    pub(super) loads: Vec<Load>,
    pub(super) skipped: Vec<String>,
    pub(super) versions: Vec<String>,
}

const COLUMNS: [&str; 8] = [
    "page",
    "network",
    "requests",
    "kB",
    "visible s",
    "fastest",
    "slowest",
    "painted s",
];

pub(super) fn report(findings: &Findings, networks: &[Network]) -> Report {
    let today = SystemHost.now().to_string();
    let mut conditions = vec![
        format!("{}, {}", today.get(..10).unwrap_or_default(), machine()),
        format!(
            "medians of {} first loads, each in a new browser; kB are bytes as transferred, with headers",
            findings.rounds
        ),
        "the servers are on this machine, with HTTP/1.1 and without TLS; the API is a stub without latency"
            .to_owned(),
        "the application and its API are compressed with brotli; the gateway compresses nothing".to_owned(),
    ];
    conditions.extend(networks.iter().map(described));
    let browser = findings.loads.first().map(|load| &load.browser);
    conditions.extend(browser.map(|version| format!("Chromium {version}")));
    conditions.extend(findings.versions.iter().cloned());
    let mut rows = Vec::new();
    for network in networks {
        for page in [CONNECT, GROUP, SPA] {
            let loads = Loads::of(findings, page, network);
            rows.extend(loads.map(|loads| loads.row(page, network)));
        }
    }
    Report {
        title: "Pages: first load".to_owned(),
        conditions,
        tables: vec![Table {
            caption: "From the navigation until all rows, or the button, are painted".to_owned(),
            columns: COLUMNS.to_vec(),
            rows,
        }],
        skipped: findings.skipped.clone(),
        ratios: networks
            .iter()
            .enumerate()
            .flat_map(|(number, network)| ratios(findings, network, number == 0))
            .collect(),
    }
}

/// The pages against their aims, and the group's against the application. The bytes are the same on all networks.
fn ratios(findings: &Findings, network: &Network, with_bytes: bool) -> Vec<Ratio> {
    let of = |page: &str| Loads::of(findings, page, network);
    // The developer tools' Slow 4G delays even an empty page by more than the aim.
    let is_reachable = network.latency < MOST_SECONDS * 1e3;
    let most_seconds = is_reachable.then_some(Aim::AtMost(MOST_SECONDS));
    let ratio = |what: String, value, aim| Ratio { what, value, aim };
    let mut ratios = Vec::new();
    for page in [CONNECT, GROUP] {
        let Some(loads) = of(page) else { continue };
        if with_bytes {
            let (what, most) = (format!("kB, {page}"), Some(Aim::AtMost(MOST_KB)));
            ratios.push(ratio(what, loads.kilobytes(), most));
        }
        let what = format!("s until visible, {page}, {}", network.name);
        ratios.push(ratio(what, loads.seconds(), most_seconds));
    }
    if let (Some(group), Some(spa)) = (of(GROUP), of(SPA)) {
        if with_bytes {
            let what = "times fewer bytes than the application".to_owned();
            ratios.push(ratio(what, spa.kilobytes() / group.kilobytes(), None));
        }
        let what = format!(
            "times sooner visible than the application, {}",
            network.name
        );
        ratios.push(ratio(what, spa.seconds() / group.seconds(), None));
    }
    ratios
}

fn described(network: &Network) -> String {
    format!(
        "{}: {} ms for each request, {} kB/s down, {} kB/s up; the processor {} times slower",
        network.name,
        network.latency,
        network.download / 1e3,
        network.upload / 1e3,
        network.cpu
    )
}

/// The loads of one page on one network.
struct Loads<'a>(Vec<&'a Load>);

impl<'a> Loads<'a> {
    /// `None` if it was not measured.
    fn of(findings: &'a Findings, page: &str, network: &Network) -> Option<Self> {
        let fits = |load: &&Load| load.page == page && load.network == network.name;
        let loads: Vec<_> = findings.loads.iter().filter(fits).collect();
        (!loads.is_empty()).then_some(Self(loads))
    }

    fn sorted(&self, value: impl Fn(&Load) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.0.iter().map(|load| value(load)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self, value: impl Fn(&Load) -> f64) -> f64 {
        let values = self.sorted(value);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn kilobytes(&self) -> f64 {
        self.median(|load| load.bytes) / 1e3
    }

    fn seconds(&self) -> f64 {
        self.median(|load| load.shown) / 1e3
    }

    fn row(&self, page: &str, network: &Network) -> Vec<Cell> {
        let shown = self.sorted(|load| load.shown / 1e3);
        let end = |value: Option<&f64>| Cell::Number(value.copied().unwrap_or(f64::NAN), 2);
        let requests = self.0.first().map_or(0, |load| load.requests.len());
        vec![
            Cell::from(page),
            Cell::from(network.name),
            Cell::count(requests),
            Cell::Number(self.kilobytes(), 1),
            Cell::Number(self.seconds(), 2),
            end(shown.first()),
            end(shown.last()),
            Cell::Number(self.median(|load| load.painted) / 1e3, 2),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ONE_ROUND_TRIP, SLOW_4G};
    use super::*;

    fn load(page: &str, shown: f64, bytes: f64) -> Load {
        Load {
            browser: "1".to_owned(),
            page: page.to_owned(),
            network: ONE_ROUND_TRIP.name.to_owned(),
            shown,
            painted: shown,
            bytes,
            requests: vec!["/".to_owned()],
        }
    }

    #[test]
    fn report_compares_medians_with_the_application() {
        let findings = Findings {
            rounds: 3,
            loads: vec![
                load(GROUP, 400.0, 25e3),
                load(GROUP, 900.0, 25e3),
                load(GROUP, 300.0, 25e3),
                load(SPA, 4000.0, 500e3),
            ],
            ..Findings::default()
        };
        let report = report(&findings, &[SLOW_4G, ONE_ROUND_TRIP]);
        assert_eq!(report.tables[0].rows.len(), 2);
        let values: Vec<f64> = report.ratios.iter().map(|ratio| ratio.value).collect();
        assert_eq!(values, [0.4, 10.0]);
        assert_eq!(report.ratios[0].aim, Some(Aim::AtMost(MOST_SECONDS)));
        let bytes: Vec<_> = ratios(&findings, &ONE_ROUND_TRIP, true);
        assert_eq!((bytes[0].value, bytes[2].value), (25.0, 20.0));
    }
}
