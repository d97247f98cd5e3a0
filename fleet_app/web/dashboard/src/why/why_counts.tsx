/** How many positions were sent, and what became of them; why some were refused, and what to do about it. */

import type { ComponentChildren } from "preact";
import type { Quality, Sent } from "../api/vehicles";
import { strings } from "../strings";
import { number } from "../units/formats";
import { countsOf, REASONS, type ReasonCount, refusedIn, wordsOf } from "./reasons";

const words = strings.why;

type Kind = keyof typeof words.rows;

export function WhyCounts({ quality: { span, all_time } }: { readonly quality: Quality }) {
  return (
    <div class="why__counts">
      <section class="card why__card" aria-labelledby="why-sent">
        <h3 id="why-sent">{words.what}</h3>
        <Share span={span} />
        <Positions span={span} allTime={all_time} />
      </section>
      <section class="card why__card" aria-labelledby="why-reasons">
        <h3 id="why-reasons">{words.byReason}</h3>
        <Reasons counts={countsOf(span.refused, all_time.refused)} />
        <AllReasons />
      </section>
    </div>
  );
}

/** Of those that have been judged: what waits is not refused. */
function Share({ span: { accepted, refused } }: { readonly span: Sent }) {
  const judged = accepted + refusedIn(refused);
  return judged > 0 ? <p>{words.share(`${number((100 * accepted) / judged, 1)} %`)}</p> : null;
}

function Positions({ span, allTime }: { readonly span: Sent; readonly allTime: Sent }) {
  return (
    <table class="vehicle__table">
      <thead>
        <Columns first={words.what} />
      </thead>
      <tbody>
        {(Object.keys(words.rows) as Kind[]).map((kind) => (
          <Row
            key={kind}
            name={words.rows[kind]}
            inSpan={countOf(span, kind)}
            inAll={countOf(allTime, kind)}
            help={words.rowHelp[kind]}
          />
        ))}
      </tbody>
    </table>
  );
}

function Reasons({ counts }: { readonly counts: readonly ReasonCount[] }) {
  if (counts.length === 0) return <p>{words.noneRefused}</p>;
  return (
    <table class="vehicle__table">
      <thead>
        <Columns first={words.reason} />
      </thead>
      <tbody>
        {counts.map(({ code, inSpan, inAll }) => (
          <Row
            key={code}
            name={<ReasonName code={code} />}
            inSpan={inSpan}
            inAll={inAll}
            help={<Explained code={code} />}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly name: ComponentChildren;
  readonly inSpan: number;
  readonly inAll: number;
  readonly help: ComponentChildren;
}

/** The help stands in a row of its own: in the row's header it would be read out with each number. */
function Row({ name, inSpan, inAll, help }: RowProps) {
  return (
    <>
      <tr class="why__counted">
        <th scope="row">{name}</th>
        <td class="numbers">{number(inSpan)}</td>
        <td class="numbers">{number(inAll)}</td>
      </tr>
      <tr>
        <td class="why__help" colSpan={3}>
          {help}
        </td>
      </tr>
    </>
  );
}

function ReasonName({ code }: { readonly code: string }) {
  return (
    <>
      {wordsOf(code).name} <code class="quiet">{code}</code>
    </>
  );
}

function Explained({ code }: { readonly code: string }) {
  const { meaning, todo } = wordsOf(code);
  return (
    <>
      {meaning} <strong>{words.todo}:</strong> {todo}
    </>
  );
}

function Columns({ first }: { readonly first: string }) {
  return (
    <tr>
      <th scope="col">{first}</th>
      <th scope="col">{words.inSpan}</th>
      <th scope="col">{words.inAll}</th>
    </tr>
  );
}

function AllReasons() {
  return (
    <details>
      <summary>{words.allReasons}</summary>
      <dl class="why__reasons">
        {REASONS.map((code) => (
          <div key={code}>
            <dt>
              <ReasonName code={code} />
            </dt>
            <dd>
              <Explained code={code} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function countOf(sent: Sent, kind: Kind): number {
  return kind === "refused" ? refusedIn(sent.refused) : sent[kind];
}
