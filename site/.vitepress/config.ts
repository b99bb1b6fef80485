import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { type DefaultTheme, defineConfig, type PageData } from "vitepress"
import { slug } from "../../docs/slug.ts"
import { site } from "../../scripts/address.mjs"
import { referenceFolder } from "../generate/places.ts"
import { writePlainText } from "../generate/plainText.ts"
import { links } from "../markdown/links.ts"
import { shortCode } from "../markdown/shortCode.ts"
import { symbols } from "../markdown/symbols.ts"
import { tabs } from "../markdown/tabs.ts"
import { addressOf, allPages, excluded, groups, packagePages, published, root } from "../pages.ts"

/** A component that takes the place of one of the theme's. */
const component = (name: string): string => join(root, "site/.vitepress/theme", `${name}.ts`)

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
    "Who may use a fine-tuned OpenAI model: list, grant and revoke from Effect or a terminal, with a fake to test on",
  lang: "en",
  base: new URL(site).pathname,
  srcDir: "..",
  srcExclude: [...excluded],
  rewrites: addressOf,
  cacheDir: "build/cache",
  outDir: "build/site",
  appearance: true,
  lastUpdated: false,
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify: slug },
    config: (md) => {
      md.use(links)
      md.use(tabs)
      md.use(symbols)
      md.use(shortCode)
    }
  },
  transformPageData: (page) => ({
    frontmatter: { ...page.frontmatter, packages: packagesOf(page), source: page.filePath }
  }),
  vite: {
    resolve: {
      alias: [
        { find: /^.*\/VPNavBarSearchButton\.vue$/, replacement: component("SearchButton") },
        { find: /^.*\/VPLocalSearchBox\.vue$/, replacement: component("SearchBox") },
        { find: /^.*\/VPSidebarItem\.vue$/, replacement: component("SidebarItem") }
      ]
    }
  },
  themeConfig: {
    nav: [
      { text: "Guides", link: "/guides" },
      { text: "API", link: "/reference/" },
      { text: "Playground", link: "/playground" }
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: "local" },
    externalLinkIcon: false,
    docFooter: { prev: "Previous", next: "Next" }
  },
  buildEnd: ({ outDir }) => writePlainText(outDir)
})
