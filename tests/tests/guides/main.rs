//! Runs the commands in docs/guides and compares their output.

mod matching;
mod page;
mod reader;
mod session;

use anyhow::{Context, Result, ensure};
use page::{Block, Page, Where};
use reader::Desk;
use rolecall_local::hub::Hub;
use rolecall_local::paths::Tree;
use tokio::sync::RwLock;

/// Defines one test for each page.
macro_rules! guides {
    ($($test:ident: $file:literal,)*) => {
        const GUIDES: &[&str] = &[$($file),*];
        $(
            #[tokio::test]
            async fn $test() {
                // Prints the error with its line breaks, so that the expected and the actual output
                // can be compared.
                if let Err(error) = followed($file).await {
                    panic!("{error:#}");
                }
            }
        )*
    };
}

guides! {
    connect_an_account: "connect-an-account.md",
    onboard_from_your_product: "onboard-from-your-product.md",
    use_a_connected_account: "use-a-connected-account.md",
    change_permissions: "change-permissions.md",
    switch_role: "switch-role.md",
    instance_profile: "instance-profile.md",
    hybrid_machines: "hybrid-machines.md",
    ec2_permissions: "ec2-permissions.md",
}

/// The hub has one set of access profiles. A page that publishes one is followed alone: for the accounts of other pages,
/// another set is a newer template.
static OFFERING: RwLock<()> = RwLock::const_new(());

async fn followed(file: &str) -> Result<()> {
    let hub = Hub::from_env().expect("no hub; run: make test");
    let page = read(file)?;
    let mut steps = page.blocks.iter().flat_map(|block| &block.steps);
    let (_alone, _beside_others) =
        match steps.any(|step| step.command.contains("rolecall-admin publish")) {
            true => (Some(OFFERING.write().await), None),
            false => (None, Some(OFFERING.read().await)),
        };
    let desk = Desk::new()?;
    let variables = desk.variables(&hub).await?;
    let count = reader::follow(&page, desk.home.path(), &variables).await?;
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
fn every_guide_has_a_test() -> Result<()> {
    let mut there = Vec::new();
    for entry in std::fs::read_dir(Tree::default().root().join("docs/guides"))? {
        let entry = entry?;
        // Those of the console are followed in a browser (tests/browser).
        if entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        there.extend(Some(name).filter(|name| name != "README.md"));
    }
    there.sort();
    let mut followed = GUIDES.to_vec();
    followed.sort();
    assert_eq!(there, followed);
    Ok(())
}

#[test]
fn blocks_for_one_place_say_so() -> Result<()> {
    for file in GUIDES {
        for block in &read(file)?.blocks {
            check_where_is_stated(block).with_context(|| (*file).to_owned())?;
        }
    }
    Ok(())
}

/// Blocks that run in one place only must say so to the reader.
fn check_where_is_stated(block: &Block) -> Result<()> {
    let line = block.steps[0].line;
    let wanted = match block.where_to {
        Where::Anywhere => "",
        Where::LocalHub => "**On the local hub",
        Where::Aws => "**On AWS",
    };
    let above = &block.above;
    ensure!(
        above.contains(wanted),
        "line {line}: the text above must contain {wanted}**"
    );
    const ONLY_LOCAL: [&str; 3] = ["rolecall-local", "ACCESS_KEY=local", "access_key local"];
    for step in &block.steps {
        let only_local = ONLY_LOCAL.iter().any(|word| step.command.contains(word));
        ensure!(
            !only_local || block.where_to == Where::LocalHub,
            "line {}: this does not exist on AWS: {}",
            step.line,
            step.command
        );
    }
    Ok(())
}
