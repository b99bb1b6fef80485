/**
 * The repetitions of tests whose file has `.endurance.` in its name: few in `npm test`, a part in `.ci/run`
 * (`ENDURANCE=part`), all in `npm run test:endurance`. `SEEDS=687` or `SEEDS=1-10000` names the seeds of each.
 */
const run = process.env["ENDURANCE"]

export const isEndurance = run !== undefined

/** Returns the amount for `npm test`, for `.ci/run`, or for `npm run test:endurance`. */
export const amount = <A>(few: A, part: A, all: A): A => (run === undefined ? few : run === "part" ? part : all)

const asked = /^(\d+)(?:-(\d+))?$/.exec(process.env["SEEDS"] ?? "")

/** From a first seed to a last one. */
const range = (first: number, last: number): ReadonlyArray<number> =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n)

/**
 * The seeds from 1 to one of two numbers, of which the second is for endurance: `.ci/run` tries a sixth of them. The first
 * may be chosen seeds.
 */
export const seeds = (short: number | ReadonlyArray<number>, long: number): ReadonlyArray<number> => {
  if (asked !== null) return range(Number(asked[1]), Number(asked[2] ?? asked[1]))
  const few = typeof short === "number" ? range(1, short) : short
  return [...new Set([...few, ...range(1, amount(0, Math.ceil(long / 6), long))])]
}
