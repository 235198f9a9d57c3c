import Komoku

extension Summary {
    /// The points of two series of which only these summaries are left, as of one; `self` counts where they meet.
    ///
    /// Counts, sums and extremes are exact. Where the times of the two lie among each other nobody knows any more which value held
    /// when: of what time weighs, the mean of both holds for as long as something was known.
    func beside(_ other: Summary) -> Summary {
        if other.count == 0 || isMet(by: other) { return self }
        if count == 0 { return other }
        if lastTime < other.firstTime { return followed(by: other) }
        if other.lastTime < firstTime { return other.followed(by: self) }
        return mixed(with: other)
    }

    /// A single point of a time at which there is one.
    private func isMet(by other: Summary) -> Bool {
        other.count == 1 && (other.firstTime == firstTime || other.firstTime == lastTime)
    }

    private func followed(by later: Summary) -> Summary {
        var sum = self
        sum.add(later)
        return sum
    }

    private func mixed(with other: Summary) -> Summary {
        var sum = self
        if other.firstTime < firstTime { (sum.firstTime, sum.first) = (other.firstTime, other.first) }
        if other.lastTime > lastTime { (sum.lastTime, sum.last) = (other.lastTime, other.last) }
        sum.count += other.count
        sum.gaps += other.gaps
        sum.edges += other.edges
        if other.numbers > 0 { sum.addNumbers(other) }
        if let counter = other.counter, sum.counter == nil || other.numbers > numbers { sum.counter = counter }
        sum.weigh(self, other)
        sum.isPartial = isPartial || other.isPartial
        return sum
    }

    /// Times of two series over the time that they took together.
    private mutating func weigh(_ one: Summary, _ two: Summary) {
        let spans = [one, two].reduce(0) { $0 + Double($1.firstTime.distance(upTo: $1.lastTime)) }
        let both = Double(one.known) + Double(two.known)
        let length = Double(firstTime.distance(upTo: lastTime))
        let share = both > 0 ? length / spans : 0
        known = min(Int64(both * share), firstTime.distance(upTo: lastTime))
        trueTime = min(Int64((Double(one.trueTime) + Double(two.trueTime)) * share), known)
        integral = (one.integral + two.integral) * share
        guard one.states != nil || two.states != nil else { return }
        var states = one.states ?? StateTimes()
        if let more = two.states { states = states.adding(more) }
        self.states = states.scaled(by: share)
    }
}
