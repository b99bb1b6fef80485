/**
 * The repetitions of tests whose file has `.endurance.` in its name: few in `npm test`, for long in
 * `npm run test:endurance`. `SEEDS=687` or `SEEDS=1-10000` names the seeds of either.
 */
export const isEndurance = process.env["ENDURANCE"] !== undefined

const asked = /^(\d+)(?:-(\d+))?$/.exec(process.env["SEEDS"] ?? "")

/** From a first seed to a last one. */
const range = (first: number, last: number): ReadonlyArray<number> =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n)

/** The seeds from 1 to one of two numbers, of which the second is for endurance. The first may be chosen seeds. */
export const seeds = (short: number | ReadonlyArray<number>, long: number): ReadonlyArray<number> => {
  if (asked !== null) return range(Number(asked[1]), Number(asked[2] ?? asked[1]))
  const few = typeof short === "number" ? range(1, short) : short
  return isEndurance ? [...new Set([...few, ...range(1, long)])] : few
}
