export function ConnectionState() {
  return null;
}
