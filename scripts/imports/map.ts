/**
 * The map of the packages, drawn from the imports: a box for each package, with the folders of its
 * sources. Arrows lead to what a package imports. Of a package that is reached by another way too, the arrow is left out.
 */

/** A source file, and the files that it imports, relative to the root of the repository. */
export interface Module {
  readonly source: string
  readonly imports: ReadonlyArray<string>
}

/** The position of each package: columns from the left, each from the top. Other packages are not drawn. */
const columns = [["cli", "access", "client", "core", "protocol"], ["testing", "fake"], ["effect4"]]

const packageOf = (file: string): string | undefined => /^packages\/([^/]+)\/src\//.exec(file)?.[1]

/** The imports of each package from other packages. */
const graph = (modules: ReadonlyArray<Module>): ReadonlyMap<string, ReadonlySet<string>> => {
  const arrows = new Map<string, Set<string>>()
  for (const { imports, source } of modules) {
    const from = packageOf(source)
    if (from === undefined) continue
    const to = arrows.get(from) ?? new Set()
    arrows.set(from, to)
    for (const other of imports.map(packageOf)) {
      if (other !== undefined && other !== from) to.add(other)
    }
  }
  return arrows
}

/** Returns the height of a package above the lowest one. There are no cycles. */
const levelOf = (arrows: ReadonlyMap<string, ReadonlySet<string>>, name: string): number =>
  Math.max(-1, ...Array.from(arrows.get(name) ?? [], (other) => levelOf(arrows, other))) + 1

/** The folders of its sources. */
const foldersOf = (modules: ReadonlyArray<Module>, name: string): ReadonlyArray<string> => {
  const folder = new RegExp(`^packages/${name}/src/(?!internal/[^/]+$)(?:internal/)?([^/]+)/`)
  return [...new Set(modules.flatMap(({ source }) => folder.exec(source)?.[1] ?? []))].sort()
}

/** Returns the imports of a package that no other of its imports reaches. */
const direct = (arrows: ReadonlyMap<string, ReadonlySet<string>>, name: string): ReadonlyArray<string> => {
  const reaches = (from: string, to: string): boolean =>
    [...(arrows.get(from) ?? [])].some((next) => next === to || reaches(next, to))
  const all = [...(arrows.get(name) ?? [])]
  return all.filter((to) => !all.some((other) => other !== to && reaches(other, to))).sort()
}

const column = { width: 306, gap: 26, margin: 20 }
const chip = { height: 22, gap: 6, perCharacter: 7.3, padding: 14 }
const head = 34
const between = 44

/** The folders of one box as lines of chips. */
const linesOf = (folders: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const lines: Array<Array<string>> = []
  let width = Number.POSITIVE_INFINITY
  for (const folder of folders) {
    const own = folder.length * chip.perCharacter + chip.padding + chip.gap
    if (width + own > column.width - 24) {
      lines.push([])
      width = 0
    }
    lines.at(-1)?.push(folder)
    width += own
  }
  return lines
}

const style = `
.ground { fill: #ffffff }
text { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #24292f }
.name { font-weight: 700; font-size: 14px }
.box { fill: #f6f8fa; stroke: #8c959f }
.folder { fill: #ffffff; stroke: #d0d7de }
.arrow { fill: none; stroke: #0969da; stroke-width: 1.5 }
.head { fill: #0969da }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 }
text { fill: #e6edf3 }
.box { fill: #161b22; stroke: #6e7681 }
.folder { fill: #0d1117; stroke: #3d444d }
.arrow { stroke: #58a6ff }
.head { fill: #58a6ff }
}
`

/** The map as SVG. */
export const draw = (modules: ReadonlyArray<Module>): string => {
  const arrows = graph(modules)
  const shown = columns.flatMap((names, at) =>
    names.map((name) => {
      const lines = linesOf(foldersOf(modules, name))
      return {
        name,
        at,
        level: levelOf(arrows, name),
        lines,
        height: head + lines.length * (chip.height + chip.gap) + 8
      }
    })
  )
  const rows = [...new Set(shown.map((box) => box.level))].sort((one, other) => other - one)
  const heights = rows.map((row) => Math.max(...shown.filter((box) => box.level === row).map(({ height }) => height)))
  const topOf = (row: number) =>
    column.margin +
    heights.slice(0, rows.indexOf(row)).reduce((sum, height) => sum + height, 0) +
    rows.indexOf(row) * between
  const boxes = new Map(
    shown.map((box) => {
      const x = column.margin + box.at * (column.width + column.gap)
      return [box.name, { ...box, x, y: topOf(box.level), middle: x + column.width / 2 }]
    })
  )
  const width = 2 * column.margin + columns.length * column.width + (columns.length - 1) * column.gap
  const height = topOf(rows.at(-1) ?? 0) + (heights.at(-1) ?? 0) + column.margin

  const boxText = (box: NonNullable<ReturnType<typeof boxes.get>>): string => {
    const folders = box.lines.flatMap((line, row) => {
      let x = box.x + 12
      return line.map((name) => {
        const own = name.length * chip.perCharacter + chip.padding
        const y = box.y + head + row * (chip.height + chip.gap)
        const text = `<rect class="folder" x="${x}" y="${y}" width="${own.toFixed(0)}" height="${chip.height}" rx="4"/><text x="${x + 7}" y="${y + 15}">${name}</text>`
        x += Math.round(own) + chip.gap
        return text
      })
    })
    return [
      `<rect class="box" x="${box.x}" y="${box.y}" width="${column.width}" height="${box.height}" rx="6"/>`,
      `<text class="name" x="${box.x + 12}" y="${box.y + 22}">${box.name}</text>`,
      ...folders
    ].join("\n")
  }

  const arrowText = (from: string, to: string): string => {
    const start = boxes.get(from)
    const end = boxes.get(to)
    if (start === undefined || end === undefined) return ""
    // Side by side arrows end side by side.
    const shift = (end.at - start.at) * 60
    const [x1, y1] = [start.middle + shift, start.y + start.height]
    const [x2, y2] = [end.middle - shift, end.y]
    // From the side, past what is between.
    const isPast = start.at < end.at && start.level > end.level + 1
    const begin = isPast ? `M${start.x + column.width} ${start.y + 20}` : `M${x1} ${y1}`
    const across = x1 === x2 ? "" : isPast ? `H${x2}` : `V${y2 - between / 2}H${x2}`
    return `<path class="arrow" d="${begin}${across}V${y2 - 6}"/><path class="head" d="M${x2} ${y2}l-5 -9h10z"/>`
  }

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The packages, their folders, and which package imports which">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="100%" height="100%" rx="8"/>`,
    ...Array.from(boxes.keys()).flatMap((name) => direct(arrows, name).map((to) => arrowText(name, to))),
    ...Array.from(boxes.values(), boxText),
    "</svg>\n"
  ].join("\n")
}
