/** Draws the requests to three servers over time, as an SVG for light and dark pages. */
import * as Servers from "./servers.ts"
import { simulate, type Work } from "./simulation.ts"

interface Reply {
  readonly at: number
  readonly accepted: boolean
}

interface Panel {
  readonly title: string
  readonly note: (replies: ReadonlyArray<Reply>) => string
  readonly server: () => Servers.Server
  readonly work: Omit<Work, "onReply">
  /** The length of the time axis, in milliseconds. */
  readonly length: number
  readonly mark: number
  readonly unit: "s" | "min"
}

const ended = (replies: ReadonlyArray<Reply>): number => (replies.at(-1)?.at ?? 0) / 1000
const countRefused = (replies: ReadonlyArray<Reply>): number => replies.filter(({ accepted }) => !accepted).length

const panels: ReadonlyArray<Panel> = [
  {
    title: "A strict quota: 10 a minute, without headers",
    note: (replies) =>
      `60 deletes by 8 fibers: ${(ended(replies) / 60).toFixed(1)} minutes, at least 5.0; ${countRefused(replies)} refused`,
    server: () => Servers.bucket(() => 10, 10),
    work: { requests: 60, fibers: 8, latency: [50, 200], seed: 4 },
    length: 6 * Servers.minute,
    mark: Servers.minute,
    unit: "min"
  },
  {
    title: "No quota, and one stray 429",
    note: (replies) => `a listing of 30 pages: ${ended(replies).toFixed(1)} s, 3.1 without it`,
    server: () => Servers.arbitrary((request) => request === 9),
    work: { requests: 30, fibers: 1, latency: [50, 150], seed: 3 },
    length: 5000,
    mark: 1000,
    unit: "s"
  },
  {
    title: "No quota",
    note: (replies) => `200 lists by 32 fibers: ${ended(replies).toFixed(1)} s, at least 0.7; none refused`,
    server: () => Servers.unlimited,
    work: { requests: 200, fibers: 32, latency: [80, 120], seed: 5 },
    length: 1200,
    mark: 200,
    unit: "s"
  }
]

const [width, left, right, top, panelHeight, plotHeight] = [760, 44, 20, 62, 196, 104]
const inner = width - left - right

const repliesOf = ({ server, work }: Panel): ReadonlyArray<Reply> => {
  const replies: Array<Reply> = []
  simulate(server(), { ...work, onReply: (at, accepted) => replies.push({ at, accepted }) })
  return replies
}

const drawPanel = (panel: Panel, index: number): string => {
  const y = top + index * panelHeight
  const base = y + 34 + plotHeight
  const replies = repliesOf(panel)
  const total = replies.filter(({ accepted }) => accepted).length
  let count = 0
  const x = (at: number): string => (left + (at / panel.length) * inner).toFixed(1)
  const marks = Array.from({ length: Math.floor(panel.length / panel.mark) + 1 }, (_, i) => i * panel.mark)
  const label = (at: number): string => {
    const value = panel.unit === "min" ? at / Servers.minute : at / 1000
    return at === 0 ? "0" : `${value} ${panel.unit}`
  }
  return [
    `<text class="title" x="${left}" y="${y + 6}">${panel.title}</text>`,
    `<text class="note" x="${left}" y="${y + 24}">${panel.note(replies)}</text>`,
    ...marks.map(
      (at) =>
        `<line class="grid" x1="${x(at)}" y1="${y + 36}" x2="${x(at)}" y2="${base}"/><text class="mark" x="${x(at)}" y="${base + 15}" text-anchor="${at === 0 ? "start" : at === panel.length ? "end" : "middle"}">${label(at)}</text>`
    ),
    `<line class="axis" x1="${left}" y1="${base}" x2="${width - right}" y2="${base}"/>`,
    `<text class="mark" x="${left - 8}" y="${y + 46}" text-anchor="end">${total}</text>`,
    `<text class="mark" x="${left - 8}" y="${base + 4}" text-anchor="end">0</text>`,
    ...replies.map(({ accepted, at }) => {
      if (accepted) count += 1
      const cy = base - (count / total) * (plotHeight - 8)
      const cx = x(at)
      return accepted
        ? `<circle class="yes" cx="${cx}" cy="${cy.toFixed(1)}" r="2.5"/>`
        : `<path class="no" d="M${cx} ${cy.toFixed(1)}m-3.5-3.5l7 7m0-7l-7 7"/>`
    })
  ].join("\n")
}

export const plot = (): string => {
  const height = top + panels.length * panelHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Requests of the adaptive rate limiter over time, for three servers">
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.note, .mark, .key { fill: #57606a; font-size: 12px }
.grid { stroke: #d8dee4; stroke-width: 1 }
.axis { stroke: #8c959f; stroke-width: 1 }
.yes { fill: #0969da; fill-opacity: .75 }
.no { stroke: #cf222e; stroke-width: 2; stroke-linecap: round; fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note, .mark, .key { fill: #9198a1 }
.grid { stroke: #30363d }
.axis { stroke: #6e7681 }
.yes { fill: #58a6ff }
.no { stroke: #ff7b72 }
}
</style>
<circle class="yes" cx="${left + 5}" cy="20" r="4"/><text class="key" x="${left + 16}" y="24">accepted, in total</text>
<path class="no" d="M${left + 196} 20m-4-4l8 8m0-8l-8 8"/><text class="key" x="${left + 208}" y="24">refused (429)</text>
${panels.map(drawPanel).join("\n")}
</svg>
`
}
