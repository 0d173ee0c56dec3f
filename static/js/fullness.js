// What as many people make of a site, by its thresholds: as domain/threshold.py has it.

export function fullness({ occupancy, busyFrom, fullFrom }) {
  const least = busyFrom ?? fullFrom;
  if (occupancy === null || (least ?? null) === null) return "unknown";
  if (fullFrom !== null && occupancy >= fullFrom) return "full";
  return busyFrom !== null && occupancy >= busyFrom ? "busy" : "calm";
}
