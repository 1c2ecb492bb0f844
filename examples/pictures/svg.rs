//! The cells of a terminal as an SVG picture that needs no font but a monospaced one.
//!
//! Letters are text, stretched to their cells. Lines, blocks and Braille dots are drawn as shapes,
//! so that curves and photos look the same with every font.

use std::collections::BTreeMap;
use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// Width and height of a cell.
const WIDTH: u16 = 10;
const HEIGHT: u16 = 20;
/// Of most monospaced fonts a letter is then as wide as a cell.
const FONT_SIZE: f32 = 16.6;
/// From the top of a cell to the line that letters stand on.
const BASELINE: u16 = 15;
const MARGIN: u16 = 12;
/// Of lines.
const THICKNESS: f32 = 1.6;
/// Side of a Braille dot.
const DOT: f32 = 3.4;

type Rgb = [u8; 3];

const FOREGROUND: Rgb = [0xd8, 0xde, 0xe9];
const BACKGROUND: Rgb = [0x16, 0x19, 0x21];

/// The first 16 of the 256 colours, which terminals choose for themselves.
const ANSI: [Rgb; 16] = [
    [0x2b, 0x30, 0x3b],
    [0xe0, 0x5f, 0x65],
    [0x78, 0xb8, 0x92],
    [0xf1, 0xcf, 0x8a],
    [0x68, 0xa0, 0xe0],
    [0xc6, 0x8a, 0xee],
    [0x74, 0xbe, 0xcf],
    [0xc8, 0xce, 0xd9],
    [0x5c, 0x63, 0x70],
    [0xf0, 0x7f, 0x85],
    [0x98, 0xd8, 0xb2],
    [0xff, 0xe0, 0xa0],
    [0x88, 0xc0, 0xff],
    [0xe0, 0xaa, 0xff],
    [0x94, 0xde, 0xef],
    [0xff, 0xff, 0xff],
];

/// Everything on the screen, with `title` for those who do not see it.
pub fn picture(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let mut layers = Layers::default();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(row, column) else { continue };
            if !cell.is_wide_continuation() {
                layers.add(cell, column * WIDTH, row * HEIGHT);
            }
        }
    }
    layers.close_run();
    let (width, height) = (columns.get() * WIDTH, rows.get() * HEIGHT);
    let (outer_width, outer_height) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {outer_width} {outer_height}\" \
         font-family=\"{fonts}\" font-size=\"{FONT_SIZE}\">\n\
         <title>{}</title>\n\
         <rect width=\"{outer_width}\" height=\"{outer_height}\" rx=\"8\" fill=\"{}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n\
         <g shape-rendering=\"crispEdges\">\n{}</g>\n\
         {}\
         {}\
         </g>\n</svg>\n",
        escaped(title),
        hex(BACKGROUND),
        paths(&layers.areas),
        paths(&layers.shapes),
        layers.text
    )
}

/// A piece of text of one style that has begun and may go on in the next cell.
struct Run {
    x: u16,
    y: u16,
    cells: u16,
    text: String,
    style: String,
}

/// What is drawn, from the bottom to the top: areas and shapes by colour, then text.
#[derive(Default)]
struct Layers {
    areas: BTreeMap<Rgb, String>,
    shapes: BTreeMap<Rgb, String>,
    text: String,
    run: Option<Run>,
}

impl Layers {
    fn add(&mut self, cell: &Cell, x: u16, y: u16) {
        let (mut front, mut back) =
            (rgb(cell.fgcolor(), FOREGROUND), rgb(cell.bgcolor(), BACKGROUND));
        if cell.inverse() {
            (front, back) = (back, front);
        }
        if cell.dim() {
            front = [0, 1, 2].map(|c| front[c] / 2 + back[c] / 2);
        }
        let cells = if cell.is_wide() { 2 } else { 1 };
        if back != BACKGROUND {
            rectangle(self.areas.entry(back).or_default(), x, y, cells * WIDTH, HEIGHT);
        }
        let text = cell.contents();
        let character = text.chars().next().unwrap_or(' ');
        let shapes = self.shapes.entry(front).or_default();
        if let Some([left, top, width, height]) = block(character) {
            self.close_run();
            let area = self.areas.entry(front).or_default();
            rectangle(area, x + left, y + top, width, height);
        } else if braille(shapes, character, x, y) || lines(shapes, character, x, y) {
            self.close_run();
        } else if character == ' ' && !cell.underline() {
            // One space between words of a style keeps their run together; several would become one.
            match &mut self.run {
                Some(run) if run.continues_at(x, y) && !run.text.ends_with(' ') => {
                    run.push(" ", cells);
                }
                _ => self.close_run(),
            }
        } else {
            self.letter(text, cells, x, y, style(cell, front));
        }
    }

    fn letter(&mut self, text: &str, cells: u16, x: u16, y: u16, style: String) {
        // Symbols come from other fonts, of other widths: each is stretched to its own cell.
        let is_symbol = !text.is_ascii();
        let joins = |run: &Run| !is_symbol && run.style == style && run.continues_at(x, y);
        if !self.run.as_ref().is_some_and(joins) {
            self.close_run();
            self.run = Some(Run { x, y, cells: 0, text: String::new(), style });
        }
        if let Some(run) = &mut self.run {
            run.push(text, cells);
        }
        if is_symbol {
            self.close_run();
        }
    }

    fn close_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let text = run.text.trim_end();
        let cells = run.cells - (run.text.chars().count() - text.chars().count()) as u16;
        let (x, y, length) = (run.x, run.y + BASELINE, cells * WIDTH);
        let _ = writeln!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" \
             lengthAdjust=\"spacingAndGlyphs\"{}>{}</text>",
            run.style,
            escaped(text)
        );
    }
}

impl Run {
    fn continues_at(&self, x: u16, y: u16) -> bool {
        self.y == y && self.x + self.cells * WIDTH == x
    }

    fn push(&mut self, text: &str, cells: u16) {
        self.text.push_str(text);
        self.cells += cells;
    }
}

fn style(cell: &Cell, front: Rgb) -> String {
    let mut style = format!(" fill=\"{}\"", hex(front));
    for (is_so, attribute) in [
        (cell.bold(), " font-weight=\"bold\""),
        (cell.italic(), " font-style=\"italic\""),
        (cell.underline(), " text-decoration=\"underline\""),
    ] {
        style.push_str(if is_so { attribute } else { "" });
    }
    style
}

fn rectangle(path: &mut String, x: u16, y: u16, width: u16, height: u16) {
    let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
}

/// Left, top, width and height of a block element (U+2580 to U+2590) within its cell.
fn block(character: char) -> Option<[u16; 4]> {
    let eighths = |count: u32, of: u16| (count as u16 * of + 4) / 8;
    let code = u32::from(character);
    Some(match character {
        '▀' => [0, 0, WIDTH, HEIGHT / 2],
        '▁'..='█' => {
            let height = eighths(code - u32::from('▁') + 1, HEIGHT);
            [0, HEIGHT - height, WIDTH, height]
        }
        '▉'..='▏' => [0, 0, eighths(u32::from('▏') - code + 1, WIDTH), HEIGHT],
        '▐' => [WIDTH / 2, 0, WIDTH / 2, HEIGHT],
        _ => return None,
    })
}

/// Draws the dots of a Braille pattern; `false` when it is none.
fn braille(path: &mut String, character: char, x: u16, y: u16) -> bool {
    /// Column and row of each bit's dot, as Unicode numbers them.
    const DOTS: [(u16, u16); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let Some(bits) = u32::from(character).checked_sub(0x2800).filter(|bits| *bits < 256) else {
        return false;
    };
    for (bit, (column, row)) in DOTS.into_iter().enumerate() {
        if bits >> bit & 1 == 1 {
            let centre = |origin: u16, place: u16| f32::from(origin + 5 * place) + 2.5;
            let (left, top) = (centre(x, column) - DOT / 2.0, centre(y, row) - DOT / 2.0);
            let _ = write!(path, "M{left:.1} {top:.1}h{DOT}v{DOT}h-{DOT}z");
        }
    }
    true
}

/// Draws a line of the box drawing characters that the screens use; `false` when it is another.
fn lines(path: &mut String, character: char, x: u16, y: u16) -> bool {
    // From the centre of the cell to its left, right, upper and lower edge.
    let [left, right, up, down] = match character {
        '─' | '━' => [true, true, false, false],
        '│' | '┃' => [false, false, true, true],
        '┌' | '╭' => [false, true, false, true],
        '┐' | '╮' => [true, false, false, true],
        '└' | '╰' => [false, true, true, false],
        '┘' | '╯' => [true, false, true, false],
        '├' => [false, true, true, true],
        '┤' => [true, false, true, true],
        '┬' => [true, true, false, true],
        '┴' => [true, true, true, false],
        '┼' => [true, true, true, true],
        _ => return false,
    };
    let (half_width, half_height) = (f32::from(WIDTH) / 2.0, f32::from(HEIGHT) / 2.0);
    let (centre_x, centre_y) = (f32::from(x) + half_width, f32::from(y) + half_height);
    let half = THICKNESS / 2.0;
    let mut line = |left: f32, top: f32, width: f32, height: f32| {
        let _ = write!(path, "M{left:.1} {top:.1}h{width:.1}v{height:.1}h-{width:.1}z");
    };
    let (start, end) =
        (if left { half_width } else { half }, if right { half_width } else { half });
    if left || right {
        line(centre_x - start, centre_y - half, start + end, THICKNESS);
    }
    let (start, end) = (if up { half_height } else { half }, if down { half_height } else { half });
    if up || down {
        line(centre_x - half, centre_y - start, THICKNESS, start + end);
    }
    true
}

fn paths(by_colour: &BTreeMap<Rgb, String>) -> String {
    let drawn = by_colour.iter().filter(|(_, path)| !path.is_empty());
    drawn.map(|(colour, d)| format!("<path fill=\"{}\" d=\"{d}\"/>\n", hex(*colour))).collect()
}

fn rgb(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Default => default,
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Idx(number @ 0..16) => ANSI[usize::from(number)],
        // A cube of six levels for red, green and blue.
        Color::Idx(number @ 16..232) => [36, 6, 1].map(|place| match (number - 16) / place % 6 {
            0 => 0,
            level => 55 + 40 * level,
        }),
        Color::Idx(number) => [8 + 10 * (number - 232); 3],
    }
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
