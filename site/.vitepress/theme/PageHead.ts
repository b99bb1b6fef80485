import { useData, withBase } from "vitepress"
import { defineComponent, h } from "vue"

/** Above each page: the packages that it is about, and its Markdown. */
export const PageHead = defineComponent(() => {
  const { frontmatter, page } = useData()
  return () => {
    const packages: ReadonlyArray<string> = frontmatter.value["packages"] ?? []
    return h("div", { class: "page-head" }, [
      ...packages.map((name) =>
        h("a", { class: "page-package", href: withBase(`/packages/${name}.html`) }, `@checkpoint-permissions/${name}`)
      ),
      h("a", { class: "page-markdown", href: withBase(`/${page.value.relativePath}`), target: "_blank" }, "Markdown")
    ])
  }
})
