/** What begins with the page and goes on for as long as it is open. */

import { followHistory } from "./route";

export function begin(): void {
  followHistory();
}
