//! Parses a page into its commands and their expected output. docs/guides/README.md describes the
//! format.

use anyhow::{Context, Result, bail, ensure};

/// A documentation page with the commands that can be run.
#[derive(Debug)]
pub struct Page {
    /// For error messages, such as `docs/guides/connect-an-account.md`.
    pub name: String,
    pub blocks: Vec<Block>,
}

/// A fenced block of commands.
#[derive(Debug)]
pub struct Block {
    pub where_to: Where,
    /// The last paragraph above the block.
    pub above: String,
    pub steps: Vec<Step>,
}

/// Where a block's commands can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    Anywhere,
    /// Replaces steps that the console or AWS itself performs elsewhere.
    LocalHub,
    /// Commands that the emulator does not support.
    Aws,
}

/// A command with its expected output.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    pub line: usize,
    pub command: String,
    pub ending: Ending,
    pub expected: Vec<String>,
}

/// The expected exit of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Code(i32),
    /// Any exit code except 0.
    Failure,
}

/// A page's lines with their numbers, starting with 1.
type Lines<'a> =
    std::iter::Peekable<std::iter::Zip<std::ops::RangeFrom<usize>, std::str::Lines<'a>>>;

impl Page {
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut lines = (1..).zip(text.lines()).peekable();
        let (mut blocks, mut above, mut ended) = (Vec::new(), String::new(), true);
        while let Some((number, line)) = lines.next() {
            let place = || format!("{name}:{number}");
            let content = line.trim_start();
            if let Some(info) = content.strip_prefix("```") {
                let indent = line.len() - content.len();
                let inside = fenced(&mut lines, indent).with_context(place)?;
                if let Some(where_to) = console(info).with_context(place)? {
                    let steps = steps(&inside).with_context(|| format!("in {name}"))?;
                    ensure!(!steps.is_empty(), "{}: no commands", place());
                    let above = above.clone();
                    blocks.push(Block {
                        where_to,
                        above,
                        steps,
                    });
                }
                ended = true;
            } else if content.is_empty() {
                ended = true;
            } else {
                if std::mem::take(&mut ended) {
                    above.clear();
                }
                above.push_str(content);
                above.push(' ');
            }
        }
        Ok(Self {
            name: name.to_owned(),
            blocks,
        })
    }
}

/// The lines of a fenced block, with their numbers and without its indentation.
fn fenced(lines: &mut Lines<'_>, indent: usize) -> Result<Vec<(usize, String)>> {
    let mut inside = Vec::new();
    for (number, line) in lines.by_ref() {
        if line.trim() == "```" {
            return Ok(inside);
        }
        let (margin, rest) = line.split_at(indent.min(line.len()));
        let text = if margin.trim().is_empty() { rest } else { line };
        inside.push((number, text.trim_end().to_owned()));
    }
    bail!("the block has no end")
}

/// Where a block's commands run, if it contains commands.
fn console(info: &str) -> Result<Option<Where>> {
    let mut words = info.split_whitespace();
    if words.next() != Some("console") {
        return Ok(None);
    }
    Ok(Some(match (words.next(), words.next()) {
        (None, _) => Where::Anywhere,
        (Some("local"), None) => Where::LocalHub,
        (Some("aws"), None) => Where::Aws,
        _ => bail!("a console block is `local`, `aws` or neither: {info}"),
    }))
}

fn steps(lines: &[(usize, String)]) -> Result<Vec<Step>> {
    let mut lines = lines.iter().peekable();
    let mut steps = Vec::new();
    while let Some((number, line)) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else {
            bail!("line {number}: a block must begin with a command, `$ ...`");
        };
        let mut head = first.to_owned();
        while head.ends_with('\\') {
            let (_, next) = lines.next().context("the command has no end")?;
            head.push('\n');
            head.push_str(next);
        }
        let ending = ending(&head).with_context(|| format!("line {number}"))?;
        let mut command = head;
        if let Some(word) = here_document(&command) {
            let body = lines.by_ref().map(|(_, line)| line.as_str());
            append_until(&mut command, body, &word)
                .with_context(|| format!("line {number}: no {word}"))?;
        }
        let mut expected = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
            expected.push(line.clone());
        }
        steps.push(Step {
            line: *number,
            command,
            ending,
            expected,
        });
    }
    Ok(steps)
}

/// The expected exit code from a trailing comment: `# exit 4`, `# fails`.
fn ending(command: &str) -> Result<Ending> {
    let Some((_, comment)) = command.rsplit_once(" # ") else {
        return Ok(Ending::Code(0));
    };
    if let Some(code) = comment.strip_prefix("exit ") {
        let code = code
            .parse()
            .with_context(|| format!("no exit code: {code}"))?;
        return Ok(Ending::Code(code));
    }
    Ok(if comment == "fails" {
        Ending::Failure
    } else {
        Ending::Code(0)
    })
}

/// The word that ends a command's here-document.
fn here_document(command: &str) -> Option<String> {
    let (_, rest) = command.split_once("<<")?;
    let word = rest.split_whitespace().next()?;
    Some(word.trim_matches(['\'', '"']).to_owned())
}

fn append_until<'a>(
    command: &mut String,
    lines: impl Iterator<Item = &'a str>,
    word: &str,
) -> Option<()> {
    for line in lines {
        command.push('\n');
        command.push_str(line);
        if line == word {
            return Some(());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Page {
        Page::parse("page.md", text).expect("a page")
    }

    fn refusal(text: &str) -> String {
        format!("{:#}", Page::parse("page.md", text).expect_err("no page"))
    }

    #[test]
    fn commands_and_output_are_separated() {
        let page = parse(
            "# A title\n\nSome words,\nand more.\n\n```console\n$ one\n$ two \\\n    --more\nout\n\n...\n\
             $ three    # exit 4\nno\n```\n",
        );
        let [block] = &page.blocks[..] else {
            panic!("{page:?}")
        };
        assert_eq!(block.above, "Some words, and more. ");
        assert_eq!(block.where_to, Where::Anywhere);
        let lines: Vec<_> = block.steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [7, 8, 13]);
        assert_eq!(block.steps[0].expected, [""; 0]);
        assert_eq!(block.steps[1].command, "two \\\n    --more");
        assert_eq!(block.steps[1].expected, ["out", "", "..."]);
        assert_eq!(block.steps[2].ending, Ending::Code(4));
    }

    #[test]
    fn block_in_a_list_with_here_document_is_parsed() {
        let page = parse(
            "1. Words.\n   ```console local\n   $ cat <<'END'\n   {\n   $ no\n   END\n   {\n   ```\n",
        );
        let block = &page.blocks[0];
        assert_eq!(block.where_to, Where::LocalHub);
        let [step] = &block.steps[..] else {
            panic!("{block:?}")
        };
        assert_eq!(step.command, "cat <<'END'\n{\n$ no\nEND");
        assert_eq!(step.expected, ["{"]);
    }

    #[test]
    fn other_blocks_are_ignored() {
        let page =
            parse("```json\n$ {}\n```\n```\n$ no\n```\n```console aws\n$ on-aws # fails\n```\n");
        assert_eq!(page.blocks.len(), 1);
        assert_eq!(page.blocks[0].where_to, Where::Aws);
        assert_eq!(page.blocks[0].steps[0].ending, Ending::Failure);
    }

    #[test]
    fn invalid_block_is_rejected_with_its_line() {
        assert!(refusal("\n```console\n$ one\n").contains("page.md:2: the block has no end"));
        assert!(
            refusal("```console\nout\n```").contains("line 2: a block must begin with a command")
        );
        assert!(refusal("```console\n```").contains("page.md:1: no commands"));
        assert!(refusal("```console elsewhere\n$ a\n```").contains("`local`, `aws` or neither"));
        assert!(refusal("```console\n$ cat <<END\nx\n```").contains("line 2: no END"));
        assert!(refusal("```console\n$ a # exit four\n```").contains("no exit code"));
    }
}
