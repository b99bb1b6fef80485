/** Tables in Markdown that are also readable in a terminal. */
import type { Figure } from "./figures.ts"

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

/** Returns the median of the ratios of all rounds. A disturbance affects all contenders of a round. */
const figureOf = ({ figure, values }: Figure, name: string, than = "openai"): number => {
  const [all = [], others = []] = [values.get(name), values.get(than)]
  if (figure === "itself") return median(all) - (than === "openai" ? 0 : median(others))
  const times = all.map((value, round) => value / (others[round] ?? Number.NaN))
  return median(figure === "faster" ? times.map((ratio) => 1 / ratio) : times)
}

const cell = (figure: Figure, name: string): string => {
  const values = figure.values.get(name)
  if (values === undefined) return ""
  const shown = figure.show(median(values))
  return figure.figure === "itself" || name === "openai" ? shown : `${figureOf(figure, name).toFixed(2)} × (${shown})`
}

const goal = (figure: Figure, name: "ours3" | "ours4"): string => {
  const { than, value: wanted } = figure.goals[name]
  const value = figureOf(figure, name, than)
  const isMet = figure.figure === "faster" ? value >= wanted : value <= wanted
  const others = than === "hand3" ? "by hand" : "HttpClient"
  const over = figure.figure === "itself" ? `${figure.show(value)} over` : `${value.toFixed(2)} ×`
  const shown = than === undefined ? "" : `${over} ${others}, `
  return `${shown}${figure.figure === "faster" ? "≥" : "≤"} ${figure.figure === "itself" ? figure.show(wanted) : `${wanted} ×`}, ${isMet ? "met" : "missed"}`
}

const columns: ReadonlyArray<readonly [title: string, cell: (figure: Figure) => string]> = [
  ["", ({ what }) => what],
  ["openai", (figure) => cell(figure, "openai")],
  ["Effect 3", (figure) => cell(figure, "ours3")],
  ["Goal", (figure) => goal(figure, "ours3")],
  ["Effect 4", (figure) => cell(figure, "ours4")],
  ["Goal", (figure) => goal(figure, "ours4")],
  ["By hand on 3", (figure) => cell(figure, "hand3")],
  ["HttpClient of 3", (figure) => cell(figure, "http3")],
  ["HttpClient of 4", (figure) => cell(figure, "http4")],
  ["Effect 3 beside", (figure) => cell(figure, "beside3")],
  ["Effect 4 beside", (figure) => cell(figure, "beside4")]
]

/** Returns a table. Each column has a title and cells. */
export const markdown = (columns: ReadonlyArray<readonly [title: string, ...cells: ReadonlyArray<string>]>): string => {
  const padded = columns.map(([title, ...cells]) => {
    const width = Math.max(3, ...[title, ...cells].map((text) => text.length))
    return [title, "-".repeat(width), ...cells].map((text) => text.padEnd(width))
  })
  return (padded[0] ?? []).map((_, line) => `| ${padded.map((column) => column[line]).join(" | ")} |`).join("\n")
}

/** Returns the table of the figures, without the columns of absent contenders. */
export const table = (figures: ReadonlyArray<Figure>): string =>
  markdown(
    columns
      .map(([title, cell]) => [title, ...figures.map(cell)] as const)
      .filter(([, ...cells]) => cells.some((text) => text !== ""))
  )
