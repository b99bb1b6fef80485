import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { type DefaultTheme, defineConfig, type PageData } from "vitepress"
import { slug } from "../../docs/slug.ts"
import { repository, site } from "../../tools/address.mjs"
import { writePlainText } from "../generate/plainText.ts"
import { links } from "../markdown/links.ts"
import { narrow } from "../markdown/narrow.ts"
import { symbols } from "../markdown/symbols.ts"
import { tabs } from "../markdown/tabs.ts"
import {
  addressOf,
  allPages,
  excluded,
  groups,
  manifestOf,
  packagePages,
  published,
  referenceFolder,
  root
} from "../pages.ts"

const base = new URL(site).pathname

const address = (file: string): string => `/${addressOf(file).replace(/(index)?\.md$/, "")}`

const referenceItems: ReadonlyArray<DefaultTheme.SidebarItem> = published
  .filter((name) => existsSync(join(referenceFolder, name)))
  .map((name) => ({
    text: name,
    collapsed: true,
    link: `/reference/${name}/`,
    items: readdirSync(join(referenceFolder, name))
      .filter((file) => file !== "index.md")
      .sort()
      .map((file) => ({
        text: file.slice(0, -".md".length),
        link: `/reference/${name}/${file.slice(0, -".md".length)}`
      }))
  }))

const sidebar: Array<DefaultTheme.SidebarItem> = [
  { text: "Overview", link: "/" },
  ...groups.map(({ pages, title }) => ({
    text: title,
    collapsed: title === "Decisions",
    items: pages.map((page) => ({
      text: title === "Decisions" ? page.summary.replaceAll("`", "") : page.title,
      link: address(page.file)
    }))
  })),
  {
    text: "Packages",
    collapsed: true,
    items: packagePages.map(({ file, title }) => ({ text: title, link: address(file) }))
  },
  { text: "API reference", collapsed: false, link: "/reference/", items: [...referenceItems] }
]

/** The packages that a page is about, for its head. */
const packagesOf = ({ filePath }: PageData): ReadonlyArray<string> => {
  const owner = /^site\/reference\/([a-z0-9]+)\//.exec(filePath)?.[1]
  return owner === undefined ? (allPages.find(({ file }) => file === filePath)?.packages ?? []) : [owner]
}

export default defineConfig({
  title: "checkpoint-permissions",
  description:
    "Access to fine-tuned OpenAI models: list, grant and revoke from Effect or a terminal, with a fake server for tests",
  lang: "en",
  base,
  srcDir: "..",
  srcExclude: [...excluded],
  rewrites: addressOf,
  cacheDir: "build/cache",
  outDir: "build/site",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: `${base}favicon.svg` }]],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify: slug },
    config: (md) => {
      md.use(links)
      md.use(tabs)
      md.use(symbols)
      md.use(narrow)
    }
  },
  transformPageData: (page) => ({
    frontmatter: { ...page.frontmatter, packages: packagesOf(page), source: page.filePath }
  }),
  vite: { publicDir: join(root, "site/public") },
  themeConfig: {
    nav: [
      { text: "Quick start", link: "/quick-start" },
      { text: "Guides", link: "/guides" },
      { text: "API", link: "/reference/" },
      { text: "Repository", link: repository },
      { text: `v${manifestOf("client").version}`, link: "/packages/client" }
    ],
    sidebar,
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        detailedView: true,
        miniSearch: {
          searchOptions: {
            combineWith: "AND",
            boost: { title: 8, titles: 3, text: 1 },
            // Runs in the browser by itself. A guide comes before what is looked up in it.
            boostDocument: (id) =>
              /\/(reference|decisions)\//.test(id)
                ? 0.1
                : /\/(packages\/|guarantees|errors|benchmarks|architecture)/.test(id)
                  ? 0.5
                  : 1
          }
        }
      }
    },
    externalLinkIcon: false,
    docFooter: { prev: "Previous", next: "Next" }
  },
  buildEnd: ({ outDir }) => writePlainText(outDir)
})
