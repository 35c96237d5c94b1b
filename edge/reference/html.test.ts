import { expect, it } from "vitest";
import { html, prose } from "./html.ts";

it("escapes whatever is put into a page, and nothing twice", () => {
  const inner = html`<b>${"<script>&\"'"}</b>`;
  expect(html`<p title="${'" onload="x'}">${inner}${null}${[inner, inner]}${1}</p>`.markup).toBe(
    '<p title="&quot; onload=&quot;x"><b>&lt;script&gt;&amp;&quot;&#39;</b>' +
      "<b>&lt;script&gt;&amp;&quot;&#39;</b><b>&lt;script&gt;&amp;&quot;&#39;</b>1</p>",
  );
});

it("shows what stands between backticks as code", () => {
  expect(prose("use `a<b>` & go").markup).toBe("use <code>a&lt;b&gt;</code> &amp; go");
});
