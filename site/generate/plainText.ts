/** The site for programs that read: `llms.txt`, and the Markdown of each page beside it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { site } from "../../tools/address.mjs"
import { siteLinks } from "../markdown/links.ts"
import { addressOf, allPages, groups, type Page, packagePages, referenceFolder, root } from "../pages.ts"

const entry = ({ file, summary, title }: Page): string =>
  `- [${title}](${new URL(addressOf(file), site).href}): ${summary}`

/** A summary of the site, and the address of each page as Markdown: see llmstxt.org. */
export const llms = (): string => {
  const [, about = ""] = readFileSync(join(root, "README.md"), "utf8").split("\n\n")
  return `${[
    "# checkpoint-permissions",
    `> ${about.replaceAll("\n", " ")}`,
    ...groups.map(({ pages, title }) => `## ${title}\n\n${pages.map(entry).join("\n")}`),
    `## Packages\n\n${packagePages.map(entry).join("\n")}`,
    `## API\n\n- [API reference](${new URL("reference/index.md", site).href}): every public module`
  ].join("\n\n")}\n`
}

export const writePlainText = (outDir: string): void => {
  const files = [
    "README.md",
    "docs/README.md",
    ...allPages.map(({ file }) => file),
    ...readdirSync(referenceFolder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => `site/reference/${file.replaceAll("\\", "/")}`)
  ]
  for (const file of files) {
    const target = join(outDir, addressOf(file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, siteLinks(file, readFileSync(join(root, file), "utf8")))
  }
  writeFileSync(join(outDir, "llms.txt"), llms())
}
