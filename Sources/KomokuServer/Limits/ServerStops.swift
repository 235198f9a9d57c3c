/// Told to every connection when the server stops.
struct ServerStops: Sendable {}
