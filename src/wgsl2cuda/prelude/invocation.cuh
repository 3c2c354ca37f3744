// What an invocation knows of itself, and what it does with the others of its workgroup.
namespace wg {

// Where an invocation is. The extents are the workgroup's.
template <unsigned X, unsigned Y, unsigned Z> WG_FN vec3u local_invocation_id() {
    return {X == 1u ? 0u : local_x(X), Y == 1u ? 0u : local_y(Y), Z == 1u ? 0u : local_z(Z)};
}
template <unsigned X, unsigned Y, unsigned Z> WG_FN unsigned local_invocation_index() {
    const vec3u at = local_invocation_id<X, Y, Z>();
    return (at.z * Y + at.y) * X + at.x;
}
WG_FN vec3u workgroup_id() { return {group_x(), group_y(), group_z()}; }
WG_FN vec3u num_workgroups() { return {groups_x(), groups_y(), groups_z()}; }
template <unsigned X, unsigned Y, unsigned Z> WG_FN vec3u global_invocation_id() {
    return workgroup_id() * vec3u{X, Y, Z} + local_invocation_id<X, Y, Z>();
}

// atomicCompareExchangeWeak, as the struct that WGSL returns.
template <class S, class T> WG_FN S compare_exchange(T& at, T expected, T v) {
    S r{};
    r.old_value = atomic_cas(at, expected, v);
    r.exchanged = r.old_value == expected;
    return r;
}

// Zeroes a workgroup variable, invocation `first` of `step` taking its share.
template <class T> WG_FN void zero(T& var, unsigned first, unsigned) {
    if (first == 0u) var = T{};
}
template <class T, unsigned N, unsigned S> WG_FN void zero(Array<T, N, S>& var, unsigned first, unsigned step) {
    for (unsigned i = first; i < N; i += step) var[i] = T{};
}

}  // namespace wg
