/** The seconds that a date can hold: 100,000,000 days around the epoch. */
const lastSecond = 8_640_000_000_000

export const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Math.abs(Number(value)) <= lastSecond

/** Values are shown whole, so that a key in them can be recognized, or not at all. */
const shownWhole = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length <= 1000 ? json : `${json.length} characters of JSON`
}

export const expected = (what: string, path: string, value: unknown): string =>
  value === undefined ? `${path}: is missing` : `${path}: expected ${what}, actual ${shownWhole(value)}`
