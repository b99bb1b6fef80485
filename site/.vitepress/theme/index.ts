import { onContentUpdated, type Theme } from "vitepress"
import DefaultTheme from "vitepress/theme-without-fonts"
import { defineComponent, h, onMounted } from "vue"
import { PageHead } from "./PageHead.ts"
import "./style.css"

const titlesOf = (group: Element): ReadonlyArray<string> =>
  Array.from(group.querySelectorAll("label"), (label) => label.textContent ?? "")

const keyOf = (group: Element): string => `tabs of ${titlesOf(group).join(", ")}`

/** Shows the remembered tab in each group of code that has it. */
const selectTabs = (): void => {
  for (const group of document.querySelectorAll(".vp-code-group")) {
    const index = titlesOf(group).indexOf(localStorage.getItem(keyOf(group)) ?? "")
    const input = group.querySelectorAll("input")[index]
    if (input?.checked === false) input.click()
  }
}

const Layout = defineComponent(() => {
  onContentUpdated(selectTabs)
  onMounted(() => {
    window.addEventListener("click", ({ isTrusted, target }) => {
      const group = target instanceof HTMLInputElement ? target.closest(".vp-code-group") : null
      if (!isTrusted || group === null) return
      const index = Array.from(group.querySelectorAll("input")).findIndex(({ checked }) => checked)
      localStorage.setItem(keyOf(group), titlesOf(group)[index] ?? "")
      selectTabs()
    })
  })
  return () => h(DefaultTheme.Layout, undefined, { "doc-before": () => h(PageHead) })
})

export default { extends: DefaultTheme, Layout } satisfies Theme
