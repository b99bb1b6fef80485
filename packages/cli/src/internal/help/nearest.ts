/** How many letters have to be changed, added or left out to make one word of another. */
const distance = (a: string, b: string): number => {
  let row: ReadonlyArray<number> = [...b, ""].map((_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const letters = (word: string): string => word.replace(/^-+/, "").toLowerCase()

/** The command or option that was probably meant, if there is one. */
export const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  const given = letters(word)
  const near = words
    .map((one) => ({ one, meant: letters(one) }))
    .map(({ meant, one }) => ({
      one,
      meant,
      far: given.length > 2 && meant.startsWith(given) ? 1 : distance(given, meant)
    }))
    .filter(({ far, meant }) => far <= Math.min(3, Math.floor(meant.length / 2)))
    .sort((a, b) => a.far - b.far)
  return near[0]?.one
}
