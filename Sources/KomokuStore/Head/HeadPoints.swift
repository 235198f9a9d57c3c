/// What one generation holds of a key, ascending.
struct HeadPoints: Sendable {
    let generation: Int64
    let points: PointColumns
}
