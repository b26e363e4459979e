//! Logos: PNG and JPEG files by their content.

use proptest::prelude::*;
use rolecall_domain::brand::{Logo, LogoFormat, MAX_LOGO_BYTES};
use rolecall_domain::messages::{Language, Message};

const PNG: &[u8] = include_bytes!("../../logos/logo.png");
const JPEG: &[u8] = include_bytes!("../../logos/logo.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../../logos/progressive.jpg");

fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    [&length, name, data, &[0; 4]].concat()
}

fn header(width: u32, height: u32) -> Vec<u8> {
    let data = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 6, 0, 0, 0],
    ];
    chunk(b"IHDR", &data.concat())
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn sized(width: u32, height: u32) -> Vec<u8> {
    png(&[
        header(width, height),
        chunk(b"IDAT", &[0; 8]),
        chunk(b"IEND", &[]),
    ])
}

fn sentence(file: &[u8]) -> String {
    let error = Logo::of_file(file).expect_err("a mistake");
    error.rule.text(Language::English)
}

#[test]
fn real_files_are_accepted() {
    for (file, format) in [
        (PNG, LogoFormat::Png),
        (JPEG, LogoFormat::Jpeg),
        (PROGRESSIVE, LogoFormat::Jpeg),
    ] {
        let logo = Logo::of_file(file).expect("a logo");
        assert_eq!((logo.format, logo.width, logo.height), (format, 48, 24));
    }
}

#[test]
fn restart_marker_does_not_end_a_scan() {
    let (front, end) = JPEG.split_at(JPEG.len() - 2);
    assert!(Logo::of_file(&[front, b"\xff\xd0\xff\xd7", end].concat()).is_ok());
}

#[test]
fn other_formats_are_refused_by_content() {
    let says = "The logo must be a PNG or JPEG file, by content. SVG is not accepted, because it can contain scripts.";
    let gif = b"GIF89a\x30\x00\x18\x00";
    let webp = b"RIFF\x24\x00\x00\x00WEBPVP8 ";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"48\" height=\"24\"/>";
    let mangled = [b"\x89PNG\n\x1a\n", &PNG[8..]].concat();
    let after_space = [b" ", PNG].concat();
    for file in [
        &b""[..],
        gif,
        webp,
        svg,
        b"\xff\xd7\xff",
        &mangled,
        &after_space,
        b"<!-- \x89PNG\r\n\x1a\n",
    ] {
        assert_eq!(sentence(file), says);
    }
}

#[test]
fn damaged_files_are_refused() {
    let data = || chunk(b"IDAT", &[0; 8]);
    let end = || chunk(b"IEND", &[]);
    let scan = JPEG.windows(2).position(|pair| pair == b"\xff\xda");
    let scan = scan.expect("a scan");
    for (what, file) in [
        ("without data", png(&[header(48, 24), end()])),
        ("without a header", png(&[data(), end()])),
        (
            "with two headers",
            png(&[header(48, 24), header(24, 48), data(), end()]),
        ),
        (
            "with a late header",
            png(&[data(), header(48, 24), data(), end()]),
        ),
        (
            "with a long header",
            png(&[chunk(b"IHDR", &[0; 14]), data(), end()]),
        ),
        (
            "with data in its end",
            png(&[header(48, 24), data(), chunk(b"IEND", b"x")]),
        ),
        (
            "with a strange chunk",
            png(&[header(48, 24), chunk(b"<b>x", &[]), data(), end()]),
        ),
        (
            "with a huge chunk",
            png(&[header(48, 24), b"\xff\xff\xff\xffIDATx".to_vec()]),
        ),
        (
            "arithmetic",
            JPEG.iter()
                .map(|b| if *b == 0xc0 { 0xc9 } else { *b })
                .collect(),
        ),
        (
            "with a frame but no scan",
            [&JPEG[..scan], b"\xff\xd9"].concat(),
        ),
        ("without a marker", [&JPEG[..2], b"\0", &JPEG[3..]].concat()),
        (
            "without a scan",
            [&b"\xff\xd8"[..], &JPEG[JPEG.len() - 2..]].concat(),
        ),
    ] {
        let says = "The logo's file is damaged or incomplete. Export it again.";
        assert_eq!(sentence(&file), says, "{what}");
    }
    for whole in [PNG, JPEG, PROGRESSIVE] {
        for end in 8..whole.len() {
            assert!(Logo::of_file(&whole[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn bytes_after_the_image_are_refused() {
    for whole in [PNG, JPEG, PROGRESSIVE] {
        for (after, count) in [
            (&b"\0"[..], 1),
            (b"PK\x03\x04", 4),
            (b"\xff\xd8\xff\xd9", 4),
        ] {
            let says = format!(
                "The logo's file has {count} bytes after the end of the image. Export it again, without previews or \
                 attachments."
            );
            assert_eq!(sentence(&[whole, after].concat()), says);
        }
    }
}

#[test]
fn markup_inside_the_image_is_refused() {
    let comment = |text: &[u8]| {
        let length = u16::try_from(text.len() + 2).expect("short").to_be_bytes();
        [&JPEG[..2], b"\xff\xfe", &length, text, &JPEG[2..]].concat()
    };
    assert!(Logo::of_file(&comment(b"Made by <Acme>, <x:xmpmeta>")).is_ok());
    for (text, tag) in [
        (&b"<html><body>"[..], "<html"),
        (b"<SCRIPT src=x>", "<script"),
        (b"<!DocType html>", "<!doctype"),
        (b"<svg onload=x>", "<svg "),
        (b"<?php x", "<?php"),
        (b"<iFrame", "<iframe"),
        (b"<body onload", "<body"),
    ] {
        let says = format!(
            "The logo's file contains {tag}, which browsers could run. Export it again, without metadata."
        );
        assert_eq!(sentence(&comment(text)), says);
        let chunks = [
            header(48, 24),
            chunk(b"tEXt", text),
            chunk(b"IDAT", &[0; 8]),
            chunk(b"IEND", &[]),
        ];
        assert_eq!(sentence(&png(&chunks)), says);
    }
}

#[test]
fn sides_and_file_are_bounded() {
    for (width, height) in [(16, 16), (2048, 16), (16, 2048)] {
        assert!(
            Logo::of_file(&sized(width, height)).is_ok(),
            "{width} x {height}"
        );
    }
    for (width, height) in [
        (15, 16),
        (16, 15),
        (2049, 16),
        (16, 2049),
        (0, 0),
        (u32::MAX, u32::MAX),
    ] {
        let says =
            format!("The logo is {width} x {height} pixels. Each side must have 16 to 2048.");
        assert_eq!(sentence(&sized(width, height)), says);
    }
    let with_data = |count: usize| {
        png(&[
            header(48, 24),
            chunk(b"IDAT", &vec![0; count]),
            chunk(b"IEND", &[]),
        ])
    };
    let empty = with_data(0).len();
    assert!(Logo::of_file(&with_data(MAX_LOGO_BYTES - empty)).is_ok());
    let says = "The logo must have at most 200 KB.";
    assert_eq!(sentence(&with_data(MAX_LOGO_BYTES - empty + 1)), says);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(
        front in 0..3_usize, rest in proptest::collection::vec(any::<u8>(), 0..200), at in 0..680_usize, byte: u8,
    ) {
        let file = [[PNG, JPEG, PROGRESSIVE][front].split_at(8 + front).0, &rest].concat();
        let _ = Logo::of_file(&file);
        let mut changed = [PNG, JPEG, PROGRESSIVE][front].to_vec();
        let at = at % changed.len();
        changed[at] = byte;
        let _ = Logo::of_file(&changed);
    }
}
