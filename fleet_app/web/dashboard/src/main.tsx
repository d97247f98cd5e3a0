import { render } from "preact";
import { App } from "./app/app";
import { begin } from "./app/begin";

const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no element #app");
render(<App />, place);
begin();
