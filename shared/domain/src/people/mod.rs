//! What users need to switch roles: console links, and policies for their bastion account. Both
//! cover only registered roles.

use crate::companion::expected::{ExpectedRole, Trusted};
use crate::companion::{DeployedRole, Kind};
use crate::record::account::Account;

use crate::aws::{AwsAccountId, RoleArn};
use crate::ids::GroupId;
use crate::link::links::encode;
use crate::text::Color;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A role that users can switch to, and the account that they switch from.
#[derive(Debug)]
pub struct SwitchRole<'a> {
    pub account: &'a Account,
    pub role: &'a RoleArn,
    pub bastion: AwsAccountId,
    pub mfa: bool,
    pub session_seconds: Option<u32>,
}

/// The account's switch role, if the account is connected and its stack has created one.
pub fn switch_role(account: &Account) -> Option<SwitchRole<'_>> {
    let from_account =
        |deployed: &&DeployedRole| deployed.kind == Kind::SWITCH_ROLE && deployed.is_proven();
    let deployed = account.deployed_roles.iter().find(from_account)?;
    let expected = ExpectedRole::of(deployed).filter(|_| account.is_connected())?;
    let trusted = expected.trusted.into_iter().next()?;
    let Trusted::Account { id: bastion, mfa } = trusted else {
        return None;
    };
    Some(SwitchRole {
        account,
        role: &deployed.role_arn,
        bastion,
        mfa,
        session_seconds: expected.session_seconds,
    })
}

/// The parameters of the console's switch-role page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleLink {
    pub url: String,
    /// The role name with its path, as the console requires.
    pub role_name: String,
    pub display_name: String,
    pub console_color: &'static str,
}

/// The maximum length of a role's path and name together.
pub const MOST_IN_THE_CONSOLE: usize = 64;

/// The console's colors, with the hue of each in degrees.
const CONSOLE_COLORS: [(&str, f64); 5] = [
    ("F2B0A9", 0.0),
    ("FBBF93", 28.0),
    ("FAD791", 52.0),
    ("B7CA9D", 110.0),
    ("99BCE3", 225.0),
];

/// `None` if the role's path and name are longer than the console accepts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html>
pub fn console_link(switch: &SwitchRole<'_>, color: &Color) -> Option<ConsoleLink> {
    // The console also counts the path's leading slash.
    if switch.role.path_and_name().len() + 1 > MOST_IN_THE_CONSOLE {
        return None;
    }
    let host = switch.role.partition().sign_in_host();
    let role_name = switch.role.path_and_name().to_owned();
    let display_name = switch.account.name.to_string();
    let console_color = console_color(color);
    Some(ConsoleLink {
        url: format!(
            "https://{host}/switchrole?account={}&roleName={}&displayName={}&color={console_color}",
            switch.account.aws_account_id,
            encode(&role_name),
            encode(&display_name)
        ),
        role_name,
        display_name,
        console_color,
    })
}

/// The console color with the nearest hue. Gray has no hue and maps to blue.
fn console_color(color: &Color) -> &'static str {
    const BLUE: &str = CONSOLE_COLORS[4].0;
    let Some(hue) = hue(color) else {
        return BLUE;
    };
    let distance = |other: f64| {
        let apart = (hue - other).abs();
        apart.min(360.0 - apart)
    };
    let nearest = CONSOLE_COLORS
        .iter()
        .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
    nearest.map_or(BLUE, |(color, _)| color)
}

/// In degrees, with red at 0 and green at 120; `None` for gray.
fn hue(color: &Color) -> Option<f64> {
    let part = |at: usize| {
        let hex = color.as_str().get(at..at + 2)?;
        u8::from_str_radix(hex, 16).ok().map(f64::from)
    };
    let (red, green, blue) = (part(1)?, part(3)?, part(5)?);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = most - least;
    if spread < 16.0 {
        return None;
    }
    let sixths = if most == red {
        (green - blue) / spread
    } else if most == green {
        2.0 + (blue - red) / spread
    } else {
        4.0 + (red - green) / spread
    };
    Some((sixths * 60.0).rem_euclid(360.0))
}

/// A managed policy for the account that users switch from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePolicy {
    pub bastion: AwsAccountId,
    pub name: String,
    pub document: Value,
    /// As IAM counts them: without white space.
    pub characters: usize,
}

/// IAM's limit for a managed policy, excluding white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_CHARACTERS: usize = 6144;

/// The policies that users of each bastion account need: they allow the registered roles that trust
/// it, and nothing else. Large sets are split into several policies. Policies of one group have
/// distinct names.
pub fn source_policies(accounts: &[Account], group: Option<&GroupId>) -> Vec<SourcePolicy> {
    let mut by_bastion: BTreeMap<AwsAccountId, BTreeSet<&RoleArn>> = BTreeMap::new();
    for switch in accounts.iter().filter_map(switch_role) {
        by_bastion
            .entry(switch.bastion)
            .or_default()
            .insert(switch.role);
    }
    let mut policies = Vec::new();
    for (bastion, roles) in by_bastion {
        let empty = length(&document(&[]));
        let (mut part, mut size, mut number) = (Vec::new(), empty, 1);
        for role in roles {
            // Two quotes and a comma.
            let more = role.as_str().len() + 3;
            if size + more > MAX_CHARACTERS && !part.is_empty() {
                policies.push(policy(&bastion, group, number, &part));
                (part, size, number) = (Vec::new(), empty, number + 1);
            }
            part.push(role);
            size += more;
        }
        policies.push(policy(&bastion, group, number, &part));
    }
    policies
}

fn policy(
    bastion: &AwsAccountId,
    group: Option<&GroupId>,
    number: usize,
    roles: &[&RoleArn],
) -> SourcePolicy {
    let of_group = group.map_or_else(String::new, |id| format!("{id}-"));
    let document = document(roles);
    SourcePolicy {
        bastion: bastion.clone(),
        name: format!("rolecall-switch-roles-{of_group}{number}"),
        characters: length(&document),
        document,
    }
}

fn document(roles: &[&RoleArn]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "SwitchToRegisteredRoles",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": roles,
        }],
    })
}

/// serde_json writes no white space, and IAM names contain none.
fn length(document: &Value) -> usize {
    document.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_maps_to_nearest_console_color() {
        for (given, console) in [
            ("#ff0000", "F2B0A9"),
            ("#ff8800", "FBBF93"),
            ("#ffee00", "FAD791"),
            ("#00aa33", "B7CA9D"),
            ("#0044cc", "99BCE3"),
            ("#ff00aa", "F2B0A9"),
            ("#808080", "99BCE3"),
        ] {
            let color = Color::parse(given).expect("a color");
            assert_eq!(console_color(&color), console, "{given}");
        }
    }
}
