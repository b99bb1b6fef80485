/** Figures of the rate limiter for a family of servers: the worst and the mean of its variants, and the goal. */
import { markdown } from "../table.ts"
import { type Family, type Measured, measure } from "./families.ts"

export interface Figure {
  readonly family: Family
  readonly variants: ReadonlyArray<Measured>
  /** The figures that are worse than the goal. */
  readonly missed: ReadonlyArray<string>
}

const valuesOf = (variants: ReadonlyArray<Measured>, of: (one: Measured) => number): ReadonlyArray<number> =>
  variants.map(of).sort((a, b) => a - b)

export const worst = (values: ReadonlyArray<number>): number => values.at(-1) ?? 0
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
/** Returns the 95th percentile. */
export const usual = (values: ReadonlyArray<number>): number => values[Math.floor(0.95 * (values.length - 1))] ?? 0

export const ratios = ({ variants }: Pick<Figure, "variants">) => valuesOf(variants, ({ ratio }) => ratio)
export const refused = ({ variants }: Pick<Figure, "variants">) =>
  valuesOf(variants, ({ refusedShare }) => refusedShare)
export const extras = ({ variants }: Pick<Figure, "variants">) => valuesOf(variants, ({ extra }) => extra)
export const seconds = ({ variants }: Pick<Figure, "variants">) => valuesOf(variants, ({ time }) => time / 1000)
export const failed = ({ variants }: Pick<Figure, "variants">): number =>
  variants.reduce((sum, one) => sum + one.failed, 0)

/** Measurements of a family against its goal. */
export const judge = (family: Family, variants: ReadonlyArray<Measured>): Figure => {
  const { goal } = family
  const figure = { variants }
  const checks: ReadonlyArray<readonly [what: string, value: number, most: number | undefined]> = [
    ["time", worst(ratios(figure)), goal.ratio],
    ["refused", worst(refused(figure)), goal.refused],
    ["refused, mean", mean(refused(figure)), goal.refusedMean],
    ["seconds more", worst(extras(figure)), goal.extra],
    ["seconds, 95 of 100", usual(seconds(figure)), goal.seconds?.most],
    ["seconds, mean", mean(seconds(figure)), goal.seconds?.mean],
    ["failed", failed(figure), Object.keys(goal).length === 0 ? undefined : 0]
  ]
  const missed = checks.flatMap(([what, value, most]) =>
    most !== undefined && value > most ? [`${what} ${value.toFixed(2)} > ${most}`] : []
  )
  return { family, variants, missed }
}

export const figureOf = (family: Family, count: number): Figure =>
  judge(
    family,
    Array.from({ length: count }, (_, index) => measure(family.make(index)))
  )

const times = (value: number): string => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en"))
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`
const span = (value: number): string => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"))

const goalText = ({ goal }: Family): string =>
  [
    goal.ratio === undefined ? [] : [`≤ ${goal.ratio} ×`],
    goal.refusedMean === undefined ? [] : [`≤ ${percent(goal.refusedMean)} in the mean`],
    goal.refused === undefined ? [] : [`≤ ${percent(goal.refused)} refused`],
    goal.extra === undefined ? [] : [`≤ ${goal.extra} s more`],
    goal.seconds === undefined ? [] : [`≤ ${goal.seconds.most} s for 95 of 100, ≤ ${goal.seconds.mean} s in the mean`]
  ]
    .flat()
    .join(", ")

const worstAndMean = (values: ReadonlyArray<number>, show: (value: number) => string): string =>
  `${show(worst(values))} / ${show(mean(values))}`

export const table = (figures: ReadonlyArray<Figure>): string =>
  markdown([
    ["family", ...figures.map(({ family }) => family.name)],
    ["time, worst / mean", ...figures.map((figure) => worstAndMean(ratios(figure), times))],
    ["refused, worst / mean", ...figures.map((figure) => worstAndMean(refused(figure), percent))],
    ["seconds more, worst / mean", ...figures.map((figure) => worstAndMean(extras(figure), span))],
    ["failed", ...figures.map((figure) => String(failed(figure)))],
    [
      "goal",
      ...figures.map(
        ({ family, missed }) => `${goalText(family)}${missed.length > 0 ? `  MISSED: ${missed.join("; ")}` : ""}`
      )
    ]
  ])
