import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { parse, Error as VegaErrorLevel, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

const FONT_FAMILY = "DejaVu Sans";
const PNG_SCALE = 2;

// The font comes from a package: a container or a fresh machine has none, and the PNG would lose all its text.
const fontDir = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");
const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => join(fontDir, file));

/** Draws a Vega-Lite specification as SVG text. */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile(spec, { config: { font: FONT_FAMILY } });
  const view = new View(parse(compiled.spec), { renderer: "none", logLevel: VegaErrorLevel });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Rasterises SVG text to PNG at twice its size. */
export function drawPng(svg: string): Buffer {
  const image = new Resvg(svg, {
    font: { fontFiles, loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
    fitTo: { mode: "zoom", value: PNG_SCALE },
  });
  return image.render().asPng();
}
