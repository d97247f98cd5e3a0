/** The question whether a geofence shall be deleted. The browser keeps the focus in it, and Escape keeps the geofence. */

import { useEffect, useRef } from "preact/hooks";
import { strings } from "../strings";
import { askToDelete, confirmDelete, type Deleting, keep } from "./editing";
import { TroubleNotice } from "./trouble";

export function DeleteDialog({ asked }: { readonly asked: Deleting }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  const { geofence, isSending, trouble } = asked;
  return (
    <dialog ref={dialog} class="geofence-dialog" aria-labelledby="geofence-dialog-title" onClose={keep}>
      <h2 id="geofence-dialog-title">{strings.geofences.deleteTitle(geofence.name)}</h2>
      <p>{strings.geofences.deleteHelp}</p>
      {trouble !== null && (
        <TroubleNotice
          trouble={trouble}
          was={geofence}
          refusedTitle={strings.geofences.notDeleted}
          choices={(newer) =>
            newer !== null && (
              <button type="button" class="button" onClick={() => askToDelete(newer)}>
                {strings.geofences.seeNewer}
              </button>
            )
          }
        />
      )}
      <div class="geofence__buttons">
        <button type="button" class="button" onClick={keep}>
          {strings.geofences.keep}
        </button>
        {trouble?.kind !== "overtaken" && (
          <button type="button" class="button button--danger" disabled={isSending} onClick={() => void confirmDelete()}>
            {isSending ? strings.geofences.deleting : strings.geofences.delete}
          </button>
        )}
      </div>
    </dialog>
  );
}
