//! A static server of files that were compressed beforehand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::http::{Handler, Request, Response};

/// Files by path. All other paths get the start page, as single-page applications need it.
#[derive(Debug, Clone, Default)]
pub(super) struct Site(Arc<BTreeMap<String, File>>);

#[derive(Debug)]
struct File {
    media_type: &'static str,
    plain: Vec<u8>,
    gzip: Vec<u8>,
    brotli: Vec<u8>,
}

const START_PAGE: &str = "/index.html";

impl File {
    /// A file with its compressed copies beside it.
    fn read(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|it| it.to_str());
        let compressed = |end: &str| {
            let name = path.display();
            fs::read(format!("{name}.{end}")).with_context(|| format!("no {name}.{end}"))
        };
        Ok(Self {
            media_type: match extension {
                Some("html") => "text/html; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                Some("json") => "application/json",
                Some("svg") => "image/svg+xml",
                Some("woff2") => "font/woff2",
                _ => "application/octet-stream",
            },
            plain: fs::read(path)?,
            gzip: compressed("gz")?,
            brotli: compressed("br")?,
        })
    }

    fn response(&self, accepted: &str) -> Response {
        let accepts = |coding: &str| accepted.split(", ").any(|it| it == coding);
        let (coding, body) = if accepts("br") {
            ("br", &self.brotli)
        } else if accepts("gzip") {
            ("gzip", &self.gzip)
        } else {
            ("identity", &self.plain)
        };
        let mut response = Response::new(200, self.media_type, body.clone());
        response
            .headers
            .push(("content-encoding".to_owned(), coding.to_owned()));
        response
    }
}

impl Site {
    /// The files of a folder, and further files under these paths.
    ///
    /// # Errors
    /// If a file can't be read or was not compressed.
    pub(super) fn read<'a>(
        folder: &Path,
        further: impl IntoIterator<Item = (&'a str, &'a Path)>,
    ) -> Result<Self> {
        let mut files = BTreeMap::new();
        add(&mut files, folder, "")?;
        for (path, file) in further {
            files.insert(path.to_owned(), File::read(file)?);
        }
        files.get(START_PAGE).context("no start page")?;
        Ok(Self(Arc::new(files)))
    }
}

fn add(files: &mut BTreeMap<String, File>, folder: &Path, above: &str) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{above}/{name}");
        if entry.file_type()?.is_dir() {
            add(files, &entry.path(), &path)?;
        } else if !name.ends_with(".br") && !name.ends_with(".gz") {
            files.insert(path, File::read(&entry.path())?);
        }
    }
    Ok(())
}

impl Handler for Site {
    async fn handle(&self, request: Request) -> Response {
        // Answers of the API have their query in the path, pages of the application do not.
        let path = request.path.split('?').next().unwrap_or_default();
        let known = self.0.get(&request.path).or_else(|| self.0.get(path));
        let file = known.or_else(|| self.0.get(START_PAGE));
        match file {
            Some(file) => file.response(request.header("accept-encoding")),
            None => Response::new(404, "text/plain", ""),
        }
    }
}
