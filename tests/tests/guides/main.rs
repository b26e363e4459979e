//! docs/guides, command by command.

mod matching;
mod page;
mod reader;
mod session;

use anyhow::{Context, Result, ensure};
use page::{Block, Page, Where};
use reader::Desk;
use rolecall_local::hub::Hub;
use rolecall_local::paths::Tree;

/// Each page with the test that follows it.
macro_rules! guides {
    ($($test:ident: $file:literal,)*) => {
        const GUIDES: &[&str] = &[$($file),*];
        $(
            #[tokio::test]
            async fn $test() {
                // Told in its own lines, which is what somebody who writes a guide looks for.
                if let Err(error) = followed($file).await {
                    panic!("{error:#}");
                }
            }
        )*
    };
}

guides! {
    an_account_is_connected_and_let_go: "connect-an-account.md",
    people_switch_roles: "switch-role.md",
    an_instance_profile_is_made_right: "instance-profile.md",
    machines_elsewhere_get_their_role: "hybrid-machines.md",
    an_instance_may_do_more_later: "ec2-permissions.md",
}

async fn followed(file: &str) -> Result<()> {
    let hub = Hub::from_env().expect("no hub; run: make test");
    let desk = Desk::new()?;
    let variables = desk.variables(&hub).await?;
    let count = reader::follow(&read(file)?, desk.home.path(), &variables).await?;
    ensure!(count > 0, "nothing was run");
    Ok(())
}

fn read(file: &str) -> Result<Page> {
    let name = format!("docs/guides/{file}");
    let path = Tree::default().root().join(&name);
    let text = std::fs::read_to_string(&path).with_context(|| format!("no {name}"))?;
    Page::parse(&name, &text)
}

#[test]
fn every_guide_is_followed() -> Result<()> {
    let mut there = Vec::new();
    for entry in std::fs::read_dir(Tree::default().root().join("docs/guides"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        there.extend(Some(name).filter(|name| name != "README.md"));
    }
    there.sort();
    let mut followed = GUIDES.to_vec();
    followed.sort();
    assert_eq!(there, followed);
    Ok(())
}

#[test]
fn what_runs_in_one_place_only_says_so() -> Result<()> {
    for file in GUIDES {
        for block in &read(file)?.blocks {
            says_where(block).with_context(|| (*file).to_owned())?;
        }
    }
    Ok(())
}

/// Someone who reads the page sees what the runner sees.
fn says_where(block: &Block) -> Result<()> {
    let line = block.steps[0].line;
    let wanted = match block.where_to {
        Where::Anywhere => "",
        Where::LocalHub => "**On the local hub",
        Where::Aws => "**On AWS",
    };
    let above = &block.above;
    ensure!(
        above.contains(wanted),
        "line {line}: the text above does not say {wanted}**"
    );
    const ONLY_LOCAL: [&str; 3] = ["rolecall-local", "ACCESS_KEY=local", "access_key local"];
    for step in &block.steps {
        let only_local = ONLY_LOCAL.iter().any(|word| step.command.contains(word));
        ensure!(
            !only_local || block.where_to == Where::LocalHub,
            "line {}: on AWS nobody has this: {}",
            step.line,
            step.command
        );
    }
    Ok(())
}
