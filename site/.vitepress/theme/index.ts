import type { Theme } from "vitepress"
import { useData } from "vitepress"
import DefaultTheme from "vitepress/theme-without-fonts"
import { defineComponent, h } from "vue"
import { CodeTabs } from "./CodeTabs.ts"
import { PageHead } from "./PageHead.ts"
import { Playground } from "./Playground.ts"
import "./style.css"

const Layout = defineComponent(() => {
  const { page } = useData()
  return () =>
    h(DefaultTheme.Layout, undefined, {
      "doc-before": () => h(PageHead),
      "doc-footer-before": () => (page.value.relativePath === "playground.md" ? h(Playground) : undefined)
    })
})

export default {
  extends: DefaultTheme,
  Layout,
  enhanceApp: ({ app }) => {
    app.component("CodeTabs", CodeTabs)
  }
} satisfies Theme
