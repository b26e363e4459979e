//! The product's list of Regions and partitions matches the pinned botocore. A newer botocore with
//! more Regions makes this test fail, so that the list is updated.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_domain::aws::{Partition, Region};
use serde::Deserialize;

use crate::readers::python;

#[derive(Debug, Deserialize)]
struct Published {
    name: String,
    dns_suffix: String,
    /// Regions with the URLs of their sign-in pages.
    regions: BTreeMap<String, String>,
}

#[test]
fn regions_and_partitions_match_botocore() -> Result<()> {
    let published: Vec<Published> = serde_json::from_str(&python("regions.py", &[])?)?;
    let names: Vec<&str> = published.iter().map(|one| one.name.as_str()).collect();
    let mut ours = Partition::ALL.map(Partition::as_str);
    ours.sort_unstable();
    assert_eq!(names, ours);
    for one in &published {
        let partition = Partition::parse(&one.name).context("a partition")?;
        assert_eq!(partition.dns_suffix(), one.dns_suffix, "{partition:?}");
        let mut regions: Vec<String> = partition.regions().map(String::from).collect();
        regions.sort();
        let published: Vec<&String> = one.regions.keys().collect();
        assert_eq!(
            regions.iter().collect::<Vec<_>>(),
            published,
            "{partition:?}"
        );
        for (code, sign_in) in &one.regions {
            let region = Region::parse(code.as_str())?;
            // Console hosts differ from sign-in hosts only in this word.
            let console = format!("https://{}", region.console_host());
            assert_eq!(console.replace(".console.", ".signin."), *sign_in);
        }
        let host = partition.sign_in_host();
        let a_host = |url: &String| {
            let regional = url.trim_start_matches("https://");
            let global = regional.split_once('.').map_or("", |(_, global)| global);
            host == regional || host == global
        };
        assert!(one.regions.values().any(a_host), "{host}");
    }
    Ok(())
}
