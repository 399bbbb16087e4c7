(define xs (list 1 2 3))
(define (total ys) (if (null? ys) 0 (+ (car ys) (total (cdr ys)))))
(print (total xs)) ; Expected: 6
(print (cons 0 xs)) ; Expected: [0, 1, 2, 3]
(print (quote (a 1 "b"))) ; Expected: [a, 1, b]
(define (map f ys) (if (null? ys) (quote ()) (cons (f (car ys)) (map f (cdr ys)))))
(print (map (lambda (x) (* x x)) xs)) ; Expected: [1, 4, 9]
