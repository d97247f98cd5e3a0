export function Preferences() {
  return null;
}
