/// Somebody who walks about the house, through the hall from room to room, and moves now and then where they are.
struct Person: Sendable {
    private(set) var room: Room
    /// When they last moved, by room.
    private(set) var lastMovement: [Room: Double] = [:]
    private var nextMovement = 1.5
    private var leaves = 6.0

    init(room: Room) { self.room = room }

    mutating func advance(to time: Double, random: inout SeededGenerator) {
        while min(nextMovement, leaves) <= time {
            if leaves <= nextMovement { walk(random: &random) } else { move(random: &random) }
        }
    }

    /// Movements come in bursts: a few seconds apart, then a while of none.
    private mutating func move(random: inout SeededGenerator) {
        lastMovement[room] = nextMovement
        nextMovement += random.happens(0.7) ? random.number(in: 1...6) : random.number(in: 25...70)
    }

    private mutating func walk(random: inout SeededGenerator) {
        let now = leaves
        if room == .hall {
            let others: [Room] = [.kitchen, .bedroom, .bathroom, .garden]
            room = others[Int(random.next() % UInt64(others.count))]
            leaves = now + random.number(in: 30...150)
        } else {
            room = .hall
            leaves = now + random.number(in: 4...12)
        }
        lastMovement[room] = now
        nextMovement = now + random.number(in: 1...4)
    }
}
