import type { VehiclePart } from "../app/route";

interface Props {
  readonly vehicleId: string;
  readonly part: VehiclePart;
}

export function VehiclePage({ vehicleId, part }: Props) {
  return (
    <div class="page">
      {vehicleId} {part}
    </div>
  );
}
