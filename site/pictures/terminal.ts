/** Lines of a terminal as a picture. */

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const colourOf = (line: string): string =>
  line.startsWith("+") ? "#7ee787" : line.startsWith("-") ? "#ff9492" : line.startsWith("ft:") ? "#a5d6ff" : "#e6edf3"

export const terminal = (command: string, lines: ReadonlyArray<string>): string => {
  const all = [`$ ${command}`, "", ...lines]
  const width = Math.max(...all.map((line) => line.length)) * 8.4 + 40
  const height = all.length * 20 + 40
  const text = all.map(
    (line, index) =>
      `<text x="20" y="${36 + index * 20}" fill="${colourOf(line)}" xml:space="preserve">${escaped(line)}</text>`
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, 'SF Mono', Menlo, Consolas, monospace" font-size="14">
<title>${escaped(command)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${text.join("\n")}
</svg>
`
}
