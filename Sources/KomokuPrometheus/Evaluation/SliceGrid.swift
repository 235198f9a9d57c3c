/// Slices of time of which all windows of a query are made: their length divides the windows' length and their distance.
struct SliceGrid {
    let start: Int64
    let width: Int64
    /// Of all windows, and one more, which may begin with a sample at the end of the last window.
    let count: Int
    private let perWindow: Int
    private let perStep: Int

    /// Nil where there would be too many.
    init?(_ times: SelectorReader.Times, _ length: Int64) {
        start = times.first - length
        width = times.count > 1 ? Self.divisor(times.step, length) : length
        let slices = (times.last - start) / width
        guard slices < Int64(SelectorReader.maximumBuckets) else { return nil }
        count = Int(slices) + 1
        perWindow = Int(length / width)
        perStep = Int(times.step / width)
    }

    private static func divisor(_ a: Int64, _ b: Int64) -> Int64 { b == 0 ? a : divisor(b, a % b) }

    func buckets(of run: SampleRun) -> BucketRun {
        var buckets = BucketRun(before: run.before, count: count)
        for index in run.times.indices {
            let slice = Int((run.times[index] - start) / width)
            guard buckets.buckets.indices.contains(slice) else { continue }
            buckets.buckets[slice].add(Sample(time: run.times[index], value: run.values[index]))
        }
        return buckets
    }

    /// The figure of each window: both of its ends belong to it.
    func figures(
        _ figure: WindowFigure, _ run: BucketRun, _ series: Series, _ times: SelectorReader.Times
    ) -> [Double] {
        var figures: [Double] = []
        figures.reserveCapacity(times.count)
        var sums = SlidingMoments(run.buckets)
        var (before, behind) = (run.before, 0)
        // The newest sample before the end of the window, and the bucket that it is in.
        var newest = (bucket: -1, next: 0)
        for step in 0..<times.count {
            let first = step * perStep
            while behind < first {
                if run.buckets[behind].count > 0 { before = run.buckets[behind].last }
                behind += 1
            }
            let end = first + perWindow
            let time = times.time(step)
            // Where it went stale at the very start, nothing held.
            if run.buckets[first].count > 0, run.buckets[first].first.time == time - Int64(perWindow) * width,
                run.buckets[first].first.value.isAbsent
            {
                before = nil
            }
            let atEnd = run.buckets[end].count > 0 && run.buckets[end].first.time == time ? run.buckets[end].first : nil
            if figure == .last {
                while newest.next < end {
                    if run.buckets[newest.next].count > 0 { newest.bucket = newest.next }
                    newest.next += 1
                }
                let inside = newest.bucket >= first ? run.buckets[newest.bucket].last.value : nil
                figures.append(atEnd?.value ?? inside ?? held(before, time, figure, series))
                continue
            }
            var moments = sums.moments(of: first..<end)
            if let atEnd, !atEnd.value.isAbsent { moments.add(atEnd.value) }
            figures.append(moments.count > 0 ? moments.figure(figure) : held(before, time, figure, series))
        }
        return figures
    }

    private func held(_ sample: Sample?, _ end: Int64, _ figure: WindowFigure, _ series: Series) -> Double {
        guard let sample, !sample.value.isAbsent, series.holds(sample, at: end - Int64(perWindow) * width)
        else {
            return absent
        }
        return figure.held(sample.value)
    }
}

/// Adds up the buckets of windows that move forward, each bucket some twice altogether.
///
/// The front of the window has the sums from each bucket on up to its end, the back is one sum.
private struct SlidingMoments {
    private let buckets: [SampleBucket]
    /// From `middle - front.count` on; the last is the sum of all of them.
    private var front: [Moments] = []
    private var middle = 0
    private var back = Moments()
    private var end = 0

    init(_ buckets: [SampleBucket]) { self.buckets = buckets }

    mutating func moments(of window: Range<Int>) -> Moments {
        if window.lowerBound >= end {
            (end, middle, back, front) = (window.lowerBound, window.lowerBound, Moments(), [])
        }
        while end < window.upperBound {
            back.join(buckets[end].moments)
            end += 1
        }
        if window.lowerBound >= middle {
            front = []
            var sum = Moments()
            for index in (window.lowerBound..<end).reversed() {
                var joined = buckets[index].moments
                joined.join(sum)
                sum = joined
                front.append(sum)
            }
            (middle, back) = (end, Moments())
        } else {
            front.removeLast(front.count - (middle - window.lowerBound))
        }
        var sum = front.last ?? Moments()
        sum.join(back)
        return sum
    }
}
