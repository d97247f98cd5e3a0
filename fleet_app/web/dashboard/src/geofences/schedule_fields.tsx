/** The hours of a geofence, in fields: days of the week, and from when until when. */

import { useId } from "preact/hooks";
import { type Hours, WEEKDAYS, type Weekday } from "../api/geofences";
import { strings } from "../strings";
import { putFacts } from "./editing";

const WORKING_HOURS: Hours = { days: ["mon", "tue", "wed", "thu", "fri"], start: "08:00", end: "18:00" };
const MOST_HOURS = 32;

interface Props {
  readonly schedule: readonly Hours[];
  readonly fault: string | undefined;
}

export function ScheduleFields({ schedule, fault }: Props) {
  const put = (index: number, hours: Hours) =>
    putFacts({ schedule: schedule.map((before, at) => (at === index ? hours : before)) });
  return (
    <fieldset class="geofence-form__schedule">
      <legend>{strings.geofences.schedule}</legend>
      <span class="geofence-form__hint">{strings.geofences.scheduleHint}</span>
      {schedule.map((hours, index) => (
        <HoursFields
          key={index}
          number={index + 1}
          hours={hours}
          onChange={(changed) => put(index, changed)}
          onRemove={() => putFacts({ schedule: schedule.filter((_, at) => at !== index) })}
        />
      ))}
      {fault !== undefined && <span class="geofence-form__fault">{fault}</span>}
      {schedule.length < MOST_HOURS && (
        <button type="button" class="button" onClick={() => putFacts({ schedule: [...schedule, WORKING_HOURS] })}>
          {strings.geofences.addHours}
        </button>
      )}
    </fieldset>
  );
}

interface HoursProps {
  readonly number: number;
  readonly hours: Hours;
  readonly onChange: (hours: Hours) => void;
  readonly onRemove: () => void;
}

function HoursFields({ number, hours, onChange, onRemove }: HoursProps) {
  return (
    <fieldset class="geofence-form__hours">
      <legend class="visually-hidden">{strings.geofences.hoursNumber(number)}</legend>
      <div class="geofence-form__days">
        {WEEKDAYS.map((day) => (
          <label key={day} class="geofence-form__day">
            <input
              type="checkbox"
              checked={hours.days.includes(day)}
              aria-label={strings.geofences.dayNames[day]}
              onChange={() => onChange({ ...hours, days: toggled(hours.days, day) })}
            />
            {strings.geofences.days[day]}
          </label>
        ))}
      </div>
      <div class="geofence-form__pair">
        <TimeField
          label={strings.geofences.from}
          value={hours.start}
          onChange={(start) => onChange({ ...hours, start })}
        />
        <TimeField label={strings.geofences.until} value={hours.end} onChange={(end) => onChange({ ...hours, end })} />
      </div>
      <button type="button" class="button" aria-label={strings.geofences.removeHours(number)} onClick={onRemove}>
        {strings.geofences.remove}
      </button>
    </fieldset>
  );
}

interface TimeProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (time: string) => void;
}

/** A time of the day in 24 hours. Not the browser's own field: it knows no 24:00, and the fleet's days end with it. */
function TimeField({ label, value, onChange }: TimeProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input numbers"
        autocomplete="off"
        placeholder="22:00"
        maxLength={5}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}

function toggled(days: readonly Weekday[], day: Weekday): readonly Weekday[] {
  const chosen = days.includes(day) ? days.filter((each) => each !== day) : [...days, day];
  return WEEKDAYS.filter((each) => chosen.includes(each));
}
