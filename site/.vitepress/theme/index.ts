import type { Theme } from "vitepress"
import DefaultTheme from "vitepress/theme-without-fonts"
import { h } from "vue"
import { CodeTabs } from "./CodeTabs.ts"
import { PageHead } from "./PageHead.ts"
import "./style.css"

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, undefined, { "doc-before": () => h(PageHead) }),
  enhanceApp: ({ app }) => {
    app.component("CodeTabs", CodeTabs)
  }
} satisfies Theme
